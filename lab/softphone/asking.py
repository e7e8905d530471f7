"""A request that is no INVITE, and the final response that somebody waits for."""

from __future__ import annotations

import asyncio

from lab.softphone import errors, messages, waits
from lab.softphone.client_transactions import Outcome

ANSWER_S = 5.0
"""How long an answer may take by default."""


class Question:
    """One request on its way."""

    def __init__(self) -> None:
        self._final: asyncio.Future[messages.Response | None] = asyncio.get_running_loop().create_future()
        self.outcome = Outcome(on_response=self._receive, on_timeout=self._time_out)
        """What its transaction reports to."""

    async def answer(self, *, timeout: float, what: str) -> messages.Response:
        """Waits for a 2xx; `what` says what was missed.

        Raises:
            CallRefused: another final response came.
            Deadline: none came, in `timeout` seconds or until the request was given up.
        """
        response = await waits.within(self._final, timeout=timeout, what=what)
        if response is None:
            raise errors.Deadline(what)
        if response.code >= 300:
            raise errors.CallRefused(response.code, response.phrase, response.headers)
        return response

    def _receive(self, response: messages.Response) -> None:
        if response.is_final and not self._final.done():
            self._final.set_result(response)

    def _time_out(self) -> None:
        if not self._final.done():
            self._final.set_result(None)

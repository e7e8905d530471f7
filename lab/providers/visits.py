"""Receiving the requests of one service: keys, limits, delays, refusals, and the tally of what came."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from lab.providers import behaviours

MAX_OPEN = 64
"""Requests and sockets of one service at a time; the next is answered 429."""

Problem = Callable[[int, str], web.Response]
"""Makes a service's error document of a status and a message."""


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(f"answered {response.status}")
        self.response = response


@dataclasses.dataclass(kw_only=True)
class Tally:
    """What a service saw. Holds no word that anybody said."""

    requests: int = 0
    refused: int = 0
    """Answered with an error: no key, a limit, a request that is not understood."""
    faulted: int = 0
    """Struck by a fault that was asked for."""
    open: int = 0
    """In service at this moment."""
    models: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    voices: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    formats: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    """Audio encodings."""
    tools: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    """Names of the tools on offer."""


class Reception:
    """Where a service's requests arrive."""

    def __init__(self, behaviour: behaviours.Behaviour, problem: Problem, max_open: int = MAX_OPEN) -> None:
        self.conduct = behaviours.Conduct(behaviour)
        self.tally = Tally()
        self._problem = problem
        self._max_open = max_open

    @contextlib.asynccontextmanager
    async def visit(self, *, authorised: bool) -> AsyncIterator[behaviours.Pace]:
        """Let a request in and count it, after the delay and unless the fault that it meets.

        Raises:
            Refused: by a fault, for want of a key, or because too many are in service.
        """
        self.tally.requests += 1
        pace = self.conduct.next_request()
        self.tally.faulted += pace.fault is not None
        await asyncio.sleep(pace.connect_s)
        if fault := pace.refusal():
            if fault.kind is behaviours.FaultKind.REFUSE:
                raise Refused(web.Response(status=fault.status))
            raise Refused(self._problem(fault.status, "This error was asked for."))
        if not authorised:
            raise self.refusal(401, "The API key is missing.")
        if self.tally.open >= self._max_open:
            raise self.refusal(429, "Too many requests are in service.")
        self.tally.open += 1
        try:
            yield pace
        finally:
            self.tally.open -= 1

    def refusal(self, status: int, message: str) -> Refused:
        """The error that answers a request, counted."""
        self.tally.refused += 1
        return Refused(self._problem(status, message))


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer refused requests."""
    try:
        return await handler(request)
    except Refused as refused:
        return refused.response

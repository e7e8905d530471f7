"""How a job asks dispatch for the transfers of its call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from callcore import clock, contract, errors
from worker import dispatch_client
from worker.jobs.transfers import following

_log = logging.getLogger(__name__)

_WITHIN_S = 3.0  # for dispatch to answer; the caller waits
_REQUEST_S = 1.5  # it answers in milliseconds
_PAUSE_S = 0.3  # between two tries


async def asked(ask: Callable[[float], Awaitable[contract.TransferProgress]]) -> contract.TransferProgress:
    """What dispatch says, asked again and again for 3 s while it is out; `ask` is given the seconds for one try.

    Raises:
        DispatchUnavailable: it did not say in time.
        Exception: what `ask` raised otherwise.
    """
    try:
        async with asyncio.timeout(_WITHIN_S):
            return await asked_for_ever(ask)
    except TimeoutError:
        raise errors.DispatchUnavailable("dispatch did not answer in time") from None


async def asked_for_ever(ask: Callable[[float], Awaitable[contract.TransferProgress]]) -> contract.TransferProgress:
    """As `asked`, however long dispatch is out."""
    while True:
        try:
            return await ask(_REQUEST_S)
        except errors.DispatchUnavailable as error:
            _log.warning("dispatch does not answer about a transfer", extra={"error_class": error.message})
            await asyncio.sleep(_PAUSE_S)


class Reach:
    """Dispatch, as the job of one call reaches it for transfers."""

    def __init__(
        self,
        dispatch: dispatch_client.DispatchClient,
        call_id: str,
        intake: contract.CallIntake,
        timepiece: clock.Clock,
    ) -> None:
        """Nothing is asked yet; whoever makes it closes it.

        Args:
            dispatch: with a session that stays open until this is closed.
            call_id: as dispatch knows the call; empty where a snapshot routed it.
            intake: says which job this is.
            timepiece: for facts.
        """
        self._dispatch = dispatch
        self._call_id = call_id
        self._intake = intake
        self._clock = timepiece
        self._disowning: set[asyncio.Task[None]] = set()

    def is_of(self, call_id: str) -> bool:
        """Whether this is the call; a job whose call a snapshot routed learns its id so."""
        self._call_id = self._call_id or call_id
        return self._call_id == call_id

    def follow(self, progress: contract.TransferProgress) -> following.Follower:
        """Follow a transfer; whoever asks for it closes it."""
        return following.Follower(self._dispatch, self._call_id, self._intake, self._clock, progress)

    async def look(self, notice: contract.TransferNotice) -> contract.TransferProgress:
        """How a transfer stands.

        Raises:
            DispatchUnavailable: dispatch does not say within 3 s.
            TransferRefused: there is none.
        """
        return await asked(
            lambda seconds: self._dispatch.follow_transfer(notice.call_id, notice.transfer_id, 0, seconds)
        )

    async def request(self, destination: str, summary: str | None, request_id: str) -> contract.TransferProgress:
        """Have dispatch begin a transfer to one of the agent's destinations. The caller is on hold, or will be told.

        Raises:
            DispatchUnavailable: it does not say within 3 s. Should it have begun after all, it is called off.
            TransferRefused, CallTaken, CallOver: it does not.
        """
        if not self._call_id:
            raise errors.DispatchUnavailable("dispatch has not said which call this is")
        wish = contract.TransferRequest(
            job_id=self._intake.job_id,
            generation=self._intake.generation,
            request_id=request_id,
            destination=destination,
            summary=summary,
            is_held=True,
        )
        try:
            return await asked(lambda seconds: self._dispatch.request_transfer(self._call_id, wish, seconds))
        except errors.DispatchUnavailable:
            task = asyncio.create_task(self._disown(wish))
            self._disowning.add(task)
            task.add_done_callback(self._disowning.discard)
            raise

    async def aclose(self) -> None:
        """Call nothing off any more."""
        for task in self._disowning:
            task.cancel()
        await asyncio.gather(*self._disowning, return_exceptions=True)

    async def _disown(self, wish: contract.TransferRequest) -> None:
        """Call off what dispatch may have begun without our hearing of it."""
        # Where it has not, what this begins waits for a caller on hold, and dials nobody.
        unheld = wish.model_copy(update={"is_held": False})

        async def ask(seconds: float) -> contract.TransferProgress:
            return await self._dispatch.request_transfer(self._call_id, unheld, seconds)

        try:
            progress = await asked_for_ever(ask)
        except errors.Conflict:
            return  # it was not begun
        follower = self.follow(progress)
        try:
            await follower.note(contract.Seen.RETURNED, progress.attempt)
        finally:
            await follower.aclose()

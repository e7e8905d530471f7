"""Calls that are being placed: each has one task here, or in another process, also after a restart."""

from __future__ import annotations

import asyncio

import structlog

from callcore import clock, errors
from dispatch import background
from dispatch.dialing import accepting, claims, driving
from dispatch.http import idempotency
from dispatch.store import dials as rows

_MOST = 200  # in hand at once: each waits for a worker or for somebody to pick up; more wait in the queue

_log = structlog.get_logger(__name__)


class Dialing:
    """Owns the tasks that place calls."""

    def __init__(
        self, claimant: claims.Claimant, book: accepting.Accepting, driver: driving.Driver, timepiece: clock.Clock
    ) -> None:
        self._claimant = claimant
        self._accepting = book
        self._driver = driver
        self._clock = timepiece
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._coming = 0
        """Requests that may each become a task."""

    async def accept(
        self, wanted: accepting.Wanted, attempt: idempotency.Attempt | None, answer: str
    ) -> accepting.Accepted:
        """Take a call into the books, and begin to place it where its time has come.

        Raises:
            IdempotencyConflict, NoWorker, PolicyRefused, StoreUnavailable: it is not to be placed.
        """
        is_free = self._free > 0
        self._coming += 1
        try:
            accepted = await self._accepting.accept(wanted, attempt, answer, is_free=is_free)
        finally:
            self._coming -= 1
        if accepted.dial is not None and accepted.dial.state is rows.State.CLAIMED:
            self._start(accepted.dial, is_permitted=True)
        return accepted

    async def run(self, stop: background.Stop) -> None:
        """Take up, until told to stop, what is due and in nobody's hands; and keep what is in hand."""
        has_inherited = False
        while not stop.is_set:
            pause_s = claims.RENEW_S
            try:
                if not has_inherited:
                    await self._claimant.inherit()
                    has_inherited = True
                pause_s = min(pause_s, await self.take_up())
            except errors.Unavailable as error:
                _log.warning("dials could not be looked at", error=error.public_code)
            await stop.pause(pause_s)

    async def take_up(self) -> float:
        """Renew and claim, once; the seconds until the next scheduled call."""
        mine = frozenset(self._tasks)
        is_waiting, next_due = await self._claimant.look(mine)
        if mine or is_waiting:
            for claim in await self._claimant.turn(mine, self._free, claims=is_waiting):
                self._start(claim, is_permitted=False)
        if next_due is None:
            return claims.RENEW_S
        return max(0.0, (next_due - self._clock.now()).total_seconds())

    async def aclose(self) -> None:
        """Stop placing calls. What rings goes on in LiveKit, and the next process takes it up."""
        mine = frozenset(self._tasks)
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        try:
            await self._claimant.let_go(mine)
        except errors.Unavailable as error:
            _log.warning("dials could not be let go", error=error.public_code)

    @property
    def _free(self) -> int:
        """How many more can be taken in hand."""
        return _MOST - len(self._tasks) - self._coming

    def _start(self, claim: rows.Dial, *, is_permitted: bool) -> None:
        task = asyncio.create_task(self._driver.drive(claim, is_permitted=is_permitted), name=claim.call_id)
        self._tasks[claim.call_id] = task
        task.add_done_callback(lambda done: self._finished(claim, done))

    def _finished(self, claim: rows.Dial, task: asyncio.Task[None]) -> None:
        if self._tasks.get(claim.call_id) is task:
            del self._tasks[claim.call_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a dial was left in the middle", call_id=claim.call_id, exc_info=error)

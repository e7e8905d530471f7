"""Sends what waits, until it has arrived or is given up; goes on where another process, or a crash, left off."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from callcore import clock, errors
from dispatch import background, metrics
from dispatch.store import deliveries as rows
from dispatch.webhooks import results, rounds, sending, slots, verdicts

_POLL_S = 1.0  # what other processes left, and what waits for its time, is seen this soon
_DRAIN_S = 3.0  # for attempts under way at the end of the process

_log = structlog.get_logger(__name__)


class Deliveries:
    """Owns the tasks that send webhooks."""

    def __init__(
        self, book: rounds.Rounds, sender: sending.Sender, counters: metrics.Metrics, timepiece: clock.Clock
    ) -> None:
        self._rounds = book
        self._sender = sender
        self._metrics = counters
        self._clock = timepiece
        self._slots = slots.Slots()
        self._tasks: set[asyncio.Task[None]] = set()
        self._tried: list[verdicts.Tried] = []
        """Attempts that are over and not written down."""
        self._wanted = asyncio.Event()

    def wake(self) -> None:
        """Look at once: something waits."""
        self._wanted.set()

    async def run(self, stop: background.Stop) -> None:
        """Send until told to stop."""
        has_inherited = False
        while not stop.is_set:
            pause_s = _POLL_S
            try:
                if not has_inherited:
                    await self._rounds.inherit()
                    has_inherited = True
                pause_s = min(pause_s, await self.step())
            except errors.Unavailable as error:
                _log.warning("webhooks could not be looked at", error=error.public_code)
                self._wanted.set()
                await stop.pause(_POLL_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._wanted.wait()

    async def step(self) -> float:
        """Do what there is to do now; the seconds until there is more.

        Raises:
            StoreUnavailable: nothing was done; what is known is kept for the next step.
        """
        if not self._wanted.is_set():
            is_anything, next_due = await self._rounds.look()
            if not is_anything:
                return _POLL_S if next_due is None else (next_due - self._clock.now()).total_seconds()
        self._wanted.clear()
        tried, self._tried = self._tried, []
        try:
            made = await self._rounds.make(tried, self._slots.room)
        except BaseException:
            self._tried = tried + self._tried
            raise
        self._account(made.kept)
        for delivery in made.claimed:
            self._start(delivery)
        if made.has_more:
            self.wake()
        return _POLL_S if made.next_due is None else (made.next_due - self._clock.now()).total_seconds()

    @property
    def is_busy(self) -> bool:
        """Whether attempts are under way, or not written down yet."""
        return bool(self._tasks or self._tried)

    async def settle(self) -> None:
        """Wait until what is under way has ended; what came of it is written by the next step."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def aclose(self) -> None:
        """Stop sending: what is under way may end, for a moment; the rest is left to whoever comes next."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_DRAIN_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        tried, self._tried = self._tried, []
        try:
            self._account(await self._rounds.let_go(tried))
        except errors.Unavailable as error:
            _log.warning("webhooks could not be let go", error=error.public_code)

    def _start(self, delivery: rows.Delivery) -> None:
        self._slots.take(delivery.url)
        task = asyncio.create_task(self._send(delivery), name=delivery.id)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, delivery: rows.Delivery) -> None:
        try:
            tried = await self._sender.send(delivery)
        finally:
            self._slots.give_back(delivery.url)
        self._slots.note(delivery.url, is_success=tried.answer.is_success)
        self._tried.append(tried)
        self._wanted.set()

    def _account(self, kept: results.Kept) -> None:
        kept.report()
        counters = self._metrics
        for tried, after in kept.judged:
            counters.webhook_deliveries.labels(kind=after.kind, result=_RESULTS[after.state]).inc()
            counters.webhook_attempt_seconds.labels(kind=after.kind).observe(tried.answer.latency_s)


_RESULTS = {
    rows.State.PENDING: "retried",
    rows.State.DELIVERED: "delivered",
    rows.State.FAILED: "failed",
}

"""Sends what waits, until it has arrived or is given up; goes on where another process, or a crash, left off."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import datetime as dt
import heapq

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
        self._retries: list[dt.datetime] = []
        """When those that failed here are due again; a heap."""
        self._wanted = asyncio.Event()
        self._has_news = False
        self._handed_out_s = -_POLL_S

    def wake(self) -> None:
        """Look at once: something waits."""
        self._has_news = True
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
                return self._pause_s(next_due)
            self._has_news = True
        self._wanted.clear()
        made = await self._round()
        self._account(made.kept)
        for delivery in made.claimed:
            self._start(delivery)
        if made.has_more:
            self.wake()
        return self._pause_s(made.next_due)

    async def _round(self) -> rounds.Made:
        tried, self._tried = self._tried, []
        # What another process has left is to be seen also while this one is never idle.
        hands_out = self._has_news or self._clock.monotonic() - self._handed_out_s >= _POLL_S
        self._has_news = False
        try:
            made = await self._rounds.make(tried, self._slots.room, hands_out=hands_out)
        except BaseException:
            self._tried = tried + self._tried
            self._has_news = True
            raise
        if hands_out:
            self._handed_out_s = self._clock.monotonic()
        return made

    def _pause_s(self, next_due: dt.datetime | None) -> float:
        """Seconds until something is due, as far as that is known; 0 or less where it is."""
        now = self._clock.now()
        while self._retries and self._retries[0] <= now:
            heapq.heappop(self._retries)
        known = [moment for moment in (next_due, *self._retries[:1]) if moment is not None]
        return (min(known) - now).total_seconds() if known else _POLL_S

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
        if self._slots.take(delivery):
            task = asyncio.create_task(self._send(delivery), name=delivery.url)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, first: rows.Delivery) -> None:
        """Send one, and then those that wait in line for the same endpoint."""
        current: rows.Delivery | None = first
        while current is not None:
            is_success = None
            if current.due_at - self._clock.now() > self._sender.within:
                tried = await self._sender.send(current)
                self._tried.append(tried)
                self._wanted.set()
                is_success = tried.answer.is_success
            # Else it has waited so long that its lease might run out meanwhile: then it is anybody's again.
            current = self._slots.give_back(current.url, is_success=is_success)

    def _account(self, kept: results.Kept) -> None:
        kept.report()
        counters = self._metrics
        counted = collections.Counter((after.kind, _RESULTS[after.state]) for _, after in kept.judged)
        for (kind, result), count in counted.items():
            counters.webhook_deliveries.labels(kind=kind, result=result).inc(count)
        for tried, after in kept.judged:
            counters.webhook_attempt_seconds.labels(kind=after.kind).observe(tried.answer.latency_s)
            if after.finished_at is None:
                heapq.heappush(self._retries, after.due_at)


_RESULTS = {
    rows.State.PENDING: "retried",
    rows.State.DELIVERED: "delivered",
    rows.State.FAILED: "failed",
}

"""The workers that take calls, as they were a moment ago: many calls at once need not each ask the store."""

from __future__ import annotations

from sqlalchemy.ext import asyncio as sa_async

from callcore import clock, contract
from dispatch import fleet
from dispatch.store import engine

_TRUST_S = 1.0  # less than it takes to notice that a worker is gone


class Roster:
    """Knows them. That there is none is never believed without looking."""

    def __init__(self, store: engine.Store, timepiece: clock.Clock) -> None:
        self._store = store
        self._clock = timepiece
        self._known: tuple[contract.WorkerReport, ...] = ()
        self._until_s = 0.0

    async def takes_calls(self, tx: sa_async.AsyncConnection) -> bool:
        """Whether any worker takes calls, if not at the moment."""
        return any(report.accepting for report in self._remembered()) or any(
            report.accepting for report in await self._look(tx)
        )

    async def has_room(self) -> bool:
        """Whether any worker can take one more call now.

        Raises:
            StoreUnavailable: nobody can tell.
        """
        if any(_has_room(report) for report in self._remembered()):
            return True
        async with self._store.reading() as tx:
            return any(_has_room(report) for report in await self._look(tx))

    def _remembered(self) -> tuple[contract.WorkerReport, ...]:
        return self._known if self._clock.monotonic() < self._until_s else ()

    async def _look(self, tx: sa_async.AsyncConnection) -> tuple[contract.WorkerReport, ...]:
        self._known = tuple(worker.report for worker in await fleet.fresh_in(tx, self._clock))
        self._until_s = self._clock.monotonic() + _TRUST_S
        return self._known


def _has_room(report: contract.WorkerReport) -> bool:
    return report.accepting and report.calls < report.max_calls

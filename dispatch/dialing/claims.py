"""Leases on dials: who looks after which, so that each is in one hand and none in a dead one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from callcore import clock
from dispatch.store import dial_claims as rows
from dispatch.store import dials, engine

LEASE = dt.timedelta(seconds=4)
"""How long a claim holds that nobody renews. After a crash the next process waits for no more than this."""
RENEW_S = 1.0
"""How often it is renewed; three renewals may fail."""


class Claimant:
    """This process, as it takes dials."""

    def __init__(self, store: engine.Store, timepiece: clock.Clock, name: str) -> None:
        self._store = store
        self._clock = timepiece
        self.name = name

    def until(self, now: dt.datetime) -> dt.datetime:
        """When a claim of now runs out."""
        return now + LEASE

    async def inherit(self) -> None:
        """At the start: where only one process may use the store, whoever else has claimed anything is dead.

        Raises:
            StoreUnavailable: nothing was inherited.
        """
        if self._store.is_exclusive:
            async with self._store.writing() as tx:
                await rows.free_others(tx, but=self.name)

    async def look(self, mine: Collection[str]) -> tuple[bool, dt.datetime | None]:
        """Whether anything waits to be claimed, and when the next scheduled one is due.

        Raises:
            StoreUnavailable: nobody can tell.
        """
        now = self._clock.now()
        async with self._store.reading() as tx:
            return await rows.has_free(tx, now, but=mine), await rows.next_due(tx, now)

    async def turn(self, mine: Collection[str], most: int, *, claims: bool) -> tuple[dials.Dial, ...]:
        """Renew the leases of what is in hand; claim up to `most` others, where `claims`.

        Raises:
            StoreUnavailable: nothing was renewed or claimed.
        """
        now = self._clock.now()
        async with self._store.writing() as tx:
            if mine:
                await rows.prolong(tx, mine, by=self.name, until=self.until(now))
            if not claims or most <= 0:
                return ()
            return await rows.claim(tx, by=self.name, now=now, until=self.until(now), but=mine, most=most)

    async def let_go(self, mine: Collection[str]) -> None:
        """Leave what is in hand to whoever comes next, at once.

        Raises:
            StoreUnavailable: the leases run out by themselves.
        """
        if mine:
            async with self._store.writing() as tx:
                await rows.prolong(tx, mine, by=self.name, until=self._clock.now() - LEASE)

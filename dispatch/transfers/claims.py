"""Leases on transfers, where several processes share a store: one that somebody drives is not taken up by another.

A lease has the name of its transfer. Where this process has the store to itself, there is nobody to tell apart from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from callcore import clock, transfers
from dispatch.store import engine
from dispatch.store import leases as rows

LEASE = dt.timedelta(seconds=8)
"""How long a claim holds that nobody renews, and how long a new transfer is left to the process that began it."""


class Claimant:
    """This process, as it drives transfers."""

    def __init__(self, store: engine.Store, timepiece: clock.Clock, name: str) -> None:
        self._store = store
        self._clock = timepiece
        self._name = name
        self._held: frozenset[str] = frozenset()

    async def take(self, wanted: Iterable[transfers.Transfer]) -> list[transfers.Transfer]:
        """Claim those that are in nobody's hands; which they are.

        Raises:
            StoreUnavailable: none was claimed.
        """
        if self._store.is_exclusive:
            return list(wanted)
        now = self._clock.now()
        old = [transfer for transfer in wanted if now - transfer.created_at >= LEASE]
        if not old:
            return []
        async with self._store.writing() as tx:
            return [
                transfer
                for transfer in old
                if (await rows.take(tx, self._lease(transfer.id, now), now)).holder == self._name
            ]

    async def keep(self, mine: Collection[str]) -> None:
        """Renew the claims on what is in hand, and give back the others.

        Raises:
            StoreUnavailable: nothing was renewed.
        """
        mine = frozenset(mine)
        if self._store.is_exclusive or not (mine or self._held):
            return
        now = self._clock.now()
        async with self._store.writing() as tx:
            for transfer_id in mine:
                await rows.take(tx, self._lease(transfer_id, now), now)
            for transfer_id in self._held - mine:
                await rows.release(tx, transfer_id, self._name)
        self._held = mine

    def _lease(self, transfer_id: str, now: dt.datetime) -> rows.Lease:
        return rows.Lease(name=transfer_id, holder=self._name, until=now + LEASE)

"""One round of the sender is one transaction: what came of attempts, new deliveries, and claims on what is due.

Under load a round takes all that ended during the one before it, so that many attempts share one commit.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence

from sqlalchemy.ext import asyncio as sa_async

from callcore import clock
from dispatch import switchboard
from dispatch.store import deliveries, delivery_claims, engine, outbox
from dispatch.webhooks import handing_out, lanes, posting, results, verdicts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Made:
    """What a round did."""

    kept: results.Kept
    claimed: tuple[deliveries.Delivery, ...]
    next_due: dt.datetime | None
    """When something will be due for an endpoint that nothing was due for; None where there is no such one."""
    has_more: bool
    """Whether events wait that found no room in this one."""


class Rounds:
    """This process, as it takes deliveries."""

    def __init__(
        self,
        store: engine.Store,
        board: switchboard.Switchboard,
        timepiece: clock.Clock,
        rules: results.Rules,
        *,
        name: str,
        lease: dt.timedelta,
    ) -> None:
        """Take deliveries as `name`, for the length of `lease`, which is to outlast two attempts."""
        self._store = store
        self._board = board
        self._clock = timepiece
        self._rules = rules
        self._name = name
        self._lease = lease

    async def inherit(self) -> None:
        """At the start: where only one process may use the store, whoever else has claimed anything is dead.

        Raises:
            StoreUnavailable: nothing was inherited.
        """
        if self._store.is_exclusive:
            async with self._store.writing() as tx:
                await delivery_claims.free_others(tx, but=self._name, now=self._clock.now())

    async def look(self) -> tuple[bool, dt.datetime | None]:
        """Whether there is anything to do now, and else when there will be.

        Raises:
            StoreUnavailable: nobody can tell.
        """
        async with self._store.reading() as tx:
            earliest = min((queue.due_at for queue in await delivery_claims.queues(tx)), default=None)
            if earliest is not None and earliest <= self._clock.now():
                return True, earliest
            return await outbox.has_ready(tx), earliest

    async def make(self, tried: Sequence[verdicts.Tried], room: Callable[[str], int], *, hands_out: bool) -> Made:
        """Do what there is to do.

        Args:
            tried: attempts that are over.
            hands_out: whether events may wait.
            room: how many more may be sent to an endpoint now.

        Raises:
            StoreUnavailable: nothing was done.
        """
        async with self._store.writing() as tx:
            now = self._clock.now()
            kept = await results.keep(tx, tried, self._rules, now)
            handed_out = await handing_out.hand_out(tx, self._board.configuration, now) if hands_out else 0
            queues = await delivery_claims.queues(tx)
            claimed = await self._claim(tx, [queue for queue in queues if queue.due_at <= now], now, room)
        return Made(
            kept=kept,
            claimed=claimed,
            next_due=min((queue.due_at for queue in queues if queue.due_at > now), default=None),
            has_more=handed_out == handing_out.MOST,
        )

    async def let_go(self, tried: Sequence[verdicts.Tried]) -> results.Kept:
        """At the end: write what is known, and leave the rest to whoever comes next, at once.

        Raises:
            StoreUnavailable: the leases run out by themselves.
        """
        async with self._store.writing() as tx:
            kept = await results.keep(tx, tried, self._rules, self._clock.now())
            await delivery_claims.let_go(tx, self._name, self._clock.now())
        return kept

    async def _claim(
        self,
        tx: sa_async.AsyncConnection,
        queues: Sequence[delivery_claims.Queue],
        now: dt.datetime,
        room: Callable[[str], int],
    ) -> tuple[deliveries.Delivery, ...]:
        claimed: list[deliveries.Delivery] = []
        for queue in queues:
            if queue.is_disabled:
                await delivery_claims.give_up(tx, queue.url, posting.ENDPOINT_DISABLED, now, also_taken=True)
            elif most := room(queue.url):
                claimed += await delivery_claims.claim(tx, self._wanted(queue.url, now, most))
        return tuple(claimed)

    def _wanted(self, url: str, now: dt.datetime, most: int) -> delivery_claims.Claim:
        return delivery_claims.Claim(
            endpoint=url,
            by=self._name,
            now=now,
            until=now + self._lease,
            passed=now - lanes.PATIENCE,
            most=most,
        )

"""A receiver that misbehaves, and what must be true of all that came to it."""

from __future__ import annotations

import collections
import dataclasses
import random
from collections.abc import Iterable

import sqlalchemy as sa

from dispatch.store import deliveries, engine, tables
from lab import receiver

BAD = (receiver.Answer(status=500), receiver.HANGS, receiver.RESETS)


class Moody:
    """Answers a share of all requests badly, by chance."""

    def __init__(self, bad: float, rng: random.Random) -> None:
        self._bad = bad
        self._rng = rng
        self.came: list[tuple[receiver.Request, bool]] = []
        """Every request, and whether it was answered 200, in the order of arrival."""

    def __call__(self, request: receiver.Request) -> receiver.Answer:
        is_bad = self._rng.random() < self._bad
        self.came.append((request, not is_bad))
        return self._rng.choice(BAD) if is_bad else receiver.OK


@dataclasses.dataclass(frozen=True, kw_only=True)
class Findings:
    """What came of a run."""

    events: int
    requests: int
    bad_answers: int
    lost: int
    """Events that were never answered 200."""
    undelivered: int
    """Deliveries that are not as delivered in the store."""
    out_of_order: int
    """Requests that came after a later one of their call."""
    duplicates: int
    """Requests for what was answered 200 before."""
    mixed_ids: int
    """Events that came under several ids, or with several bodies."""
    unsigned: int
    """Requests whose signature does not hold."""


async def findings(store: engine.Store, moody: Moody) -> Findings:
    """What is true of all that came, held against the store's events."""
    async with store.reading() as tx:
        events = (await tx.execute(sa.select(tables.events.c.id))).scalars().all()
        is_other = tables.deliveries.c.state != deliveries.State.DELIVERED.value
        query = sa.select(sa.func.count()).select_from(tables.deliveries).where(is_other)
        undelivered = (await tx.execute(query)).scalar_one()
    taken = {request.message_id for request, is_taken in moody.came if is_taken}
    return Findings(
        events=len(events),
        requests=len(moody.came),
        bad_answers=sum(not is_taken for _, is_taken in moody.came),
        lost=len(set(events) - taken),
        undelivered=undelivered,
        out_of_order=_out_of_order(request for request, _ in moody.came),
        duplicates=_duplicates(moody.came),
        mixed_ids=_mixed(request for request, _ in moody.came),
        unsigned=sum(bool(request.problem) for request, _ in moody.came),
    )


async def is_all_told(store: engine.Store) -> bool:
    """Whether nothing waits any more."""
    async with store.reading() as tx:
        waiting = sa.select(sa.func.count()).select_from(tables.outbox)
        pending = sa.select(sa.func.count()).where(tables.deliveries.c.finished_at.is_(None))
        return not (await tx.execute(waiting)).scalar_one() and not (await tx.execute(pending)).scalar_one()


def _out_of_order(requests: Iterable[receiver.Request]) -> int:
    last: collections.Counter[str] = collections.Counter()
    broken = 0
    for request in requests:
        sequence = request.document["sequence"]
        broken += sequence < last[request.call_id]
        last[request.call_id] = max(last[request.call_id], sequence)
    return broken


def _duplicates(came: Iterable[tuple[receiver.Request, bool]]) -> int:
    taken: set[str] = set()
    again = 0
    for request, is_taken in came:
        again += request.message_id in taken
        if is_taken:
            taken.add(request.message_id)
    return again


def _mixed(requests: Iterable[receiver.Request]) -> int:
    seen = collections.defaultdict(set)
    for request in requests:
        seen[request.call_id, request.document["sequence"]].add((request.message_id, request.body))
    return sum(len(forms) > 1 for forms in seen.values())

"""Who sends which delivery. A row is its claimant's until `due_at`, which a claim sets to the end of its lease.

Each claim has a higher token, so that an earlier claimant who wakes late finds the row not to be his.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import deliveries, readable, tables

_T = tables.deliveries
_EARLIER = _T.alias("earlier")
_IS_PENDING = _T.c.finished_at.is_(None)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What is to be claimed."""

    endpoint: str
    """Its URL."""
    by: str
    now: dt.datetime
    until: dt.datetime
    """When the lease runs out."""
    passed: dt.datetime
    """Those made before this moment keep no later ones of their lane waiting, once they were tried, and between two
    attempts."""
    most: int


async def claim(tx: sa_async.AsyncConnection, wanted: Claim) -> tuple[deliveries.Delivery, ...]:
    """Take up to `most` of one endpoint that are due and next in their lane, the ones that wait longest first.

    Args:
        tx: a writing transaction.
        wanted: which, for whom.
    """
    rows = await tx.execute(_CLAIM, dataclasses.asdict(wanted))
    return readable.only(rows, deliveries.of_row, "webhook_deliveries")


_BLOCKS = sa.exists().where(
    _EARLIER.c.lane == _T.c.lane,
    _EARLIER.c.finished_at.is_(None),
    _EARLIER.c.position < _T.c.position,
    sa.or_(
        _EARLIER.c.created_at > sa.bindparam("passed"),
        _EARLIER.c.attempts == 0,
        _EARLIER.c.claimed_by.is_not(None),
        _EARLIER.c.due_at <= sa.bindparam("now"),
    ),
)
_WANTED = (
    sa.select(_T.c.id)
    .where(_T.c.url == sa.bindparam("endpoint"), _IS_PENDING, _T.c.due_at <= sa.bindparam("now"), ~_BLOCKS)
    .order_by(_T.c.due_at)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True, of=_T)
)
_CLAIM = (
    sa.update(_T)
    .where(_T.c.id.in_(_WANTED))
    .values(claimed_by=sa.bindparam("by"), due_at=sa.bindparam("until"), token=_T.c.token + 1)
    .returning(*_T.c)
)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """What waits for one endpoint."""

    url: str
    due_at: dt.datetime
    """When the next one of it may be taken."""
    is_disabled: bool


async def queues(tx: sa_async.AsyncConnection) -> tuple[Queue, ...]:
    """Of every endpoint that anything waits for."""
    rows = await tx.execute(_QUEUES)
    return tuple(
        Queue(url=row.url, due_at=row.due_at, is_disabled=row.disabled_at is not None)
        for row in rows
        if row.due_at is not None
    )


_ENDPOINTS = tables.endpoints
_DUE_AT = (
    sa.select(sa.func.min(_T.c.due_at, type_=_T.c.due_at.type))
    .where(_T.c.url == _ENDPOINTS.c.url, _IS_PENDING)
    .correlate(_ENDPOINTS)
    .scalar_subquery()
)
_QUEUES = sa.select(_ENDPOINTS.c.url, _ENDPOINTS.c.disabled_at, _DUE_AT.label("due_at"))


async def let_go(tx: sa_async.AsyncConnection, by: str, now: dt.datetime) -> None:
    """Leave what a claimant has in hand to whoever comes next, at once."""
    await tx.execute(sa.update(_T).where(_IS_PENDING, _T.c.claimed_by == by).values(claimed_by=None, due_at=now))


async def free_others(tx: sa_async.AsyncConnection, *, but: str, now: dt.datetime) -> None:
    """End every claim but those of one claimant: all others are known to be dead."""
    others = (_IS_PENDING, _T.c.claimed_by.is_not(None), _T.c.claimed_by != but)
    await tx.execute(sa.update(_T).where(*others).values(claimed_by=None, due_at=now))


async def give_up(
    tx: sa_async.AsyncConnection, url: str, error: str, now: dt.datetime, *, also_taken: bool = False
) -> int:
    """Give up what waits for an endpoint; how many those were.

    Args:
        tx: a writing transaction.
        url: the endpoint.
        error: why.
        now: the time.
        also_taken: those too whose claimant's lease has run out; one that is being sent ends by its answer.
    """
    free = _T.c.claimed_by.is_(None)
    which = sa.or_(free, _T.c.due_at <= now) if also_taken else free
    values = {"state": deliveries.State.FAILED.value, "error": error, "finished_at": now, "claimed_by": None}
    return (await tx.execute(sa.update(_T).where(_T.c.url == url, _IS_PENDING, which).values(values))).rowcount

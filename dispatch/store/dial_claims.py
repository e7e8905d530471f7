"""Who looks after which dial. A row is its claimant's until the lease runs out.

Each claim has a higher generation, so that an earlier claimant who wakes late finds the row not to be his, and so that
what an earlier claimant's job says does not count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import dials, readable, tables

_T = tables.dials
_IS_OPEN = _T.c.state.in_([state.value for state in dials.OPEN])


async def next_due(tx: sa_async.AsyncConnection, after: dt.datetime) -> dt.datetime | None:
    """The earliest time later than `after` for which one is scheduled; None where there is none."""
    later = (_T.c.state == dials.State.QUEUED.value, _T.c.due_at > after)
    return (await tx.execute(sa.select(_T.c.due_at).where(*later).order_by(_T.c.due_at).limit(1))).scalar_one_or_none()


async def has_free(tx: sa_async.AsyncConnection, now: dt.datetime, *, but: Collection[str]) -> bool:
    """Whether any but these is due and in nobody's hands."""
    query = sa.select(_T.c.call_id).where(_is_free(now), _T.c.call_id.not_in(but)).limit(1)
    return (await tx.execute(query)).one_or_none() is not None


async def claim(
    tx: sa_async.AsyncConnection, *, by: str, now: dt.datetime, until: dt.datetime, but: Collection[str], most: int
) -> tuple[dials.Dial, ...]:
    """Take up to `most` of those that are due and in nobody's hands, the ones that wait longest first.

    Args:
        tx: a writing transaction.
        by: the claimant.
        now: the time.
        until: when the lease runs out.
        but: calls that are left alone: the claimant's own.
        most: how many.
    """
    wanted = (
        sa.select(_T.c.call_id)
        .where(_is_free(now), _T.c.call_id.not_in(but))
        .order_by(_T.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = (
        sa.update(_T)
        .where(_T.c.call_id.in_(wanted))
        .values(
            claimed_by=by,
            claimed_until=until,
            generation=_T.c.generation + 1,
            ready_at=None,
            state=sa.case((_T.c.state == dials.State.QUEUED.value, dials.State.CLAIMED.value), else_=_T.c.state),
        )
        .returning(*_T.c)
    )
    return readable.only((await tx.execute(taken)).all(), dials.of_row, "dials")


async def renew(tx: sa_async.AsyncConnection, call_id: str, generation: int) -> None:
    """Begin a claim anew under a higher generation: the job of the one before has no say any more."""
    anew = {"generation": generation, "ready_at": None}
    await tx.execute(sa.update(_T).where(_T.c.call_id == call_id).values(anew))


async def prolong(tx: sa_async.AsyncConnection, call_ids: Collection[str], *, by: str, until: dt.datetime) -> None:
    """Keep claims; those that are another's by now stay his."""
    mine = (_T.c.call_id.in_(call_ids), _T.c.claimed_by == by, _IS_OPEN)
    await tx.execute(sa.update(_T).where(*mine).values(claimed_until=until))


async def free_others(tx: sa_async.AsyncConnection, *, but: str) -> None:
    """End every claim but those of one claimant: all others are known to be dead."""
    others = (_IS_OPEN, _T.c.claimed_by.is_not(None), _T.c.claimed_by != but)
    await tx.execute(sa.update(_T).where(*others).values(claimed_until=None))


def _is_free(now: dt.datetime) -> sa.ColumnElement[bool]:
    nobodys = sa.or_(_T.c.claimed_until.is_(None), _T.c.claimed_until < now)
    return sa.and_(_IS_OPEN, _T.c.due_at <= now, nobodys)

"""What came of attempts, many at once: where their deliveries are by now, and which others need not wait any more."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import deliveries, json_rows, tables

_T = tables.deliveries
_EARLIER = _T.alias("earlier")
_TEXT, _INTEGER, _TIME = sa.Text(), sa.Integer(), sa.DateTime(timezone=True)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """What one delivery of a lane was waiting for has happened, or will have by some moment."""

    lane: str
    after: int
    """The position of the one that was tried."""
    at: dt.datetime
    """From when on the next one need not wait for it."""


async def finish(tx: sa_async.AsyncConnection, tried: Sequence[deliveries.Delivery]) -> frozenset[str]:
    """Write where deliveries are after an attempt, each only if the claim that made it still holds; those that were.

    Args:
        tx: a writing transaction.
        tried: each with the token of its claim.
    """
    rows = [
        (
            one.id,
            one.token,
            one.state.value,
            one.error,
            one.attempts,
            one.step,
            one.early,
            one.due_at,
            one.finished_at,
        )
        for one in tried
    ]
    done = await tx.execute(_FINISH[tx.dialect.name], json_rows.parameter(tx.dialect.name, rows))
    return frozenset(done.scalars())


async def release(tx: sa_async.AsyncConnection, releases: Sequence[Release]) -> None:
    """Have the next one of each lane that was never tried taken at its time, if not sooner."""
    rows = [(one.lane, one.after, one.at) for one in releases]
    await tx.execute(_RELEASE[tx.dialect.name], json_rows.parameter(tx.dialect.name, rows))


def _finish(dialect: str) -> sa.Update:
    given = json_rows.Rows(dialect)
    values = {
        "state": given.column(2, _TEXT),
        "error": given.column(3, _TEXT),
        "attempts": given.column(4, _INTEGER),
        "step": given.column(5, _INTEGER),
        "early": given.column(6, _INTEGER),
        "due_at": given.column(7, _TIME),
        "finished_at": given.column(8, _TIME),
        "claimed_by": sa.null(),
    }
    is_still_theirs = (
        _T.c.id == given.column(0, _TEXT),
        _T.c.token == given.column(1, _INTEGER),
        _T.c.finished_at.is_(None),
    )
    return sa.update(_T).where(*is_still_theirs).values(values).returning(_T.c.id)


def _release(dialect: str) -> sa.Update:
    given = json_rows.Rows(dialect)
    lane, after, at = given.column(0, _TEXT), given.column(1, _INTEGER), given.column(2, _TIME)
    following = (
        sa.select(sa.func.min(_EARLIER.c.position))
        .where(
            _EARLIER.c.lane == lane,
            _EARLIER.c.finished_at.is_(None),
            _EARLIER.c.position > after,
            _EARLIER.c.attempts == 0,
        )
        .correlate(given.source)
        .scalar_subquery()
    )
    waits = (_T.c.lane == lane, _T.c.finished_at.is_(None), _T.c.claimed_by.is_(None), _T.c.due_at > at)
    return sa.update(_T).where(*waits, _T.c.position == following).values(due_at=at)


_FINISH = {dialect: _finish(dialect) for dialect in json_rows.DIALECTS}
_RELEASE = {dialect: _release(dialect) for dialect in json_rows.DIALECTS}

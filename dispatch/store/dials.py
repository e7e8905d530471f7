"""Rows of dials: calls that we place, from the request until somebody is on the line or nobody will be.

    queued ──claim──▶ claimed ──▶ dialing ──▶ over
       └────────────────┴──────────────────────▲

A row is its claimant's until the lease runs out; each claim has a higher generation, so that an earlier claimant who
wakes late finds the row not to be his. What has been `dialing` is never dialed again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import readable, tables

_T = tables.dials


class State(enum.StrEnum):
    """Where a dial is."""

    QUEUED = "queued"
    """Its time has not come, or nobody has taken it."""
    CLAIMED = "claimed"
    """Somebody prepares it. The phone has not been dialed."""
    DIALING = "dialing"
    """LiveKit is asked to dial, or was about to be."""
    OVER = "over"
    """Answered, or ended otherwise: the call's own row says how."""


_OPEN = (State.QUEUED.value, State.CLAIMED.value, State.DIALING.value)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dial:
    """One call that we place."""

    call_id: str
    state: State
    to: str
    """E.164, or a `sip:` URI."""
    order: Mapping[str, Any]
    """`dispatch.dialing.orders.Order` as JSON."""
    key_id: str | None
    """The API key that wanted it."""
    identity: str
    """Of the callee's leg."""
    ringing_timeout_s: float
    due_at: dt.datetime
    generation: int = 0
    """Of the newest claim, and of the job that it starts; 0 before the first."""
    claimed_by: str | None = None
    claimed_until: dt.datetime | None = None
    ready_at: dt.datetime | None = None
    """When the job of this generation said that it can talk."""
    dialed_at: dt.datetime | None = None

    @property
    def is_scheduled(self) -> bool:
        """Whether it was to wait for its time."""
        return self.order.get("scheduled_at") is not None

    def is_of(self, claim: Dial) -> bool:
        """Whether that claim still holds."""
        return self.claimed_by == claim.claimed_by and self.generation == claim.generation


async def insert(tx: sa_async.AsyncConnection, dial: Dial) -> None:
    await tx.execute(sa.insert(_T), _values(dial))


async def get(tx: sa_async.AsyncConnection, call_id: str) -> Dial | None:
    """The dial of a call; None for one that we did not place, or that another version wrote."""
    return _readable((await tx.execute(sa.select(_T).where(_T.c.call_id == call_id))).one_or_none())


async def get_for_update(tx: sa_async.AsyncConnection, call_id: str) -> Dial | None:
    """As `get`; no other transaction changes the row until this one is over."""
    row = (await tx.execute(sa.select(_T).where(_T.c.call_id == call_id).with_for_update())).one_or_none()
    return _readable(row)


async def of_calls(tx: sa_async.AsyncConnection, call_ids: Collection[str]) -> Mapping[str, Dial]:
    """By call, for those that we placed."""
    rows = await tx.execute(sa.select(_T).where(_T.c.call_id.in_(call_ids)))
    return {dial.call_id: dial for dial in readable.only(rows, _dial, "dials")}


async def open_calls(tx: sa_async.AsyncConnection) -> frozenset[str]:
    """Calls whose dial is not over."""
    return frozenset((await tx.execute(sa.select(_T.c.call_id).where(_T.c.state.in_(_OPEN)))).scalars())


async def next_due(tx: sa_async.AsyncConnection, after: dt.datetime) -> dt.datetime | None:
    """The earliest time later than `after` for which one is scheduled; None where there is none."""
    later = (_T.c.state == State.QUEUED.value, _T.c.due_at > after)
    return (await tx.execute(sa.select(_T.c.due_at).where(*later).order_by(_T.c.due_at).limit(1))).scalar_one_or_none()


async def has_free(tx: sa_async.AsyncConnection, now: dt.datetime, *, but: Collection[str]) -> bool:
    """Whether any but these is due and in nobody's hands."""
    query = sa.select(_T.c.call_id).where(_is_free(now), _T.c.call_id.not_in(but)).limit(1)
    return (await tx.execute(query)).one_or_none() is not None


async def claim(
    tx: sa_async.AsyncConnection, *, by: str, now: dt.datetime, until: dt.datetime, but: Collection[str], most: int
) -> tuple[Dial, ...]:
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
            state=sa.case((_T.c.state == State.QUEUED.value, State.CLAIMED.value), else_=_T.c.state),
        )
        .returning(*_T.c)
    )
    return readable.only((await tx.execute(taken)).all(), _dial, "dials")


async def prolong(tx: sa_async.AsyncConnection, call_ids: Collection[str], *, by: str, until: dt.datetime) -> None:
    """Keep claims; those that are another's by now stay his."""
    mine = (_T.c.call_id.in_(call_ids), _T.c.claimed_by == by, _T.c.state.in_(_OPEN))
    await tx.execute(sa.update(_T).where(*mine).values(claimed_until=until))


async def free_others(tx: sa_async.AsyncConnection, *, but: str) -> None:
    """End every claim but those of one claimant: all others are known to be dead."""
    others = (_T.c.state.in_(_OPEN), _T.c.claimed_by.is_not(None), _T.c.claimed_by != but)
    await tx.execute(sa.update(_T).where(*others).values(claimed_until=None))


async def ready(tx: sa_async.AsyncConnection, call_id: str, generation: int, at: dt.datetime) -> None:
    """Note that the job of this generation can talk; saying it again changes nothing."""
    of_it = (_T.c.call_id == call_id, _T.c.generation == generation, _T.c.ready_at.is_(None))
    await tx.execute(sa.update(_T).where(*of_it).values(ready_at=at))


async def begin(tx: sa_async.AsyncConnection, call_id: str, at: dt.datetime) -> None:
    """Put down that the phone is dialed."""
    await tx.execute(sa.update(_T).where(_T.c.call_id == call_id).values(state=State.DIALING.value, dialed_at=at))


async def finish(tx: sa_async.AsyncConnection, call_id: str) -> None:
    """Put down that nothing is left to do."""
    gone = {"state": State.OVER.value, "claimed_by": None, "claimed_until": None}
    await tx.execute(sa.update(_T).where(_T.c.call_id == call_id).values(gone))


def _readable(row: sa.Row[Any] | None) -> Dial | None:
    return next(iter(readable.only([row] if row is not None else [], _dial, "dials")), None)


def _is_free(now: dt.datetime) -> sa.ColumnElement[bool]:
    nobodys = sa.or_(_T.c.claimed_until.is_(None), _T.c.claimed_until < now)
    return sa.and_(_T.c.state.in_(_OPEN), _T.c.due_at <= now, nobodys)


def _values(dial: Dial) -> dict[str, object]:
    return {
        "call_id": dial.call_id,
        "state": dial.state.value,
        "to": dial.to,
        "request": dict(dial.order),
        "key_id": dial.key_id,
        "identity": dial.identity,
        "ringing_timeout_s": dial.ringing_timeout_s,
        "due_at": dial.due_at,
        "generation": dial.generation,
        "claimed_by": dial.claimed_by,
        "claimed_until": dial.claimed_until,
        "ready_at": dial.ready_at,
        "dialed_at": dial.dialed_at,
    }


def _dial(row: sa.Row[Any]) -> Dial:
    return Dial(
        call_id=row.call_id,
        state=State(row.state),
        to=row.to,
        order=row.request,
        key_id=row.key_id,
        identity=row.identity,
        ringing_timeout_s=row.ringing_timeout_s,
        due_at=row.due_at,
        generation=row.generation,
        claimed_by=row.claimed_by,
        claimed_until=row.claimed_until,
        ready_at=row.ready_at,
        dialed_at=row.dialed_at,
    )

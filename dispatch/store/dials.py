"""Rows of dials: calls that we place, from the request until somebody is on the line or nobody will be.

    queued ──claim──▶ claimed ──▶ dialing ──▶ over
       └────────────────┴──────────────────────▲

What has been `dialing` is never dialed again. Who looks after a row: `dial_claims`.
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


OPEN = (State.QUEUED, State.CLAIMED, State.DIALING)
"""States of those with which somebody has something left to do."""


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
    row = (await tx.execute(sa.select(_T).where(_T.c.call_id == call_id))).one_or_none()
    return readable.one(row, of_row, "dials")


async def get_for_update(tx: sa_async.AsyncConnection, call_id: str) -> Dial | None:
    """As `get`; no other transaction changes the row until this one is over."""
    row = (await tx.execute(sa.select(_T).where(_T.c.call_id == call_id).with_for_update())).one_or_none()
    return readable.one(row, of_row, "dials")


async def of_calls(tx: sa_async.AsyncConnection, call_ids: Collection[str]) -> Mapping[str, Dial]:
    """By call, for those that we placed."""
    rows = await tx.execute(sa.select(_T).where(_T.c.call_id.in_(call_ids)))
    return {dial.call_id: dial for dial in readable.only(rows, of_row, "dials")}


async def open_calls(tx: sa_async.AsyncConnection) -> frozenset[str]:
    """Calls whose dial is not over."""
    return frozenset(
        (await tx.execute(sa.select(_T.c.call_id).where(_T.c.state.in_([state.value for state in OPEN])))).scalars()
    )


async def ready(tx: sa_async.AsyncConnection, call_id: str, generation: int, at: dt.datetime) -> None:
    """Note that the job of this generation can talk; saying it again changes nothing."""
    of_it = (_T.c.call_id == call_id, _T.c.generation == generation, _T.c.ready_at.is_(None))
    await tx.execute(sa.update(_T).where(*of_it).values(ready_at=at))


async def begin(
    tx: sa_async.AsyncConnection, call_id: str, at: dt.datetime, *, ready_at: dt.datetime | None = None
) -> None:
    """Put down that the phone is dialed, and since when the job can talk, where that is not known yet."""
    values: dict[str, object] = {"state": State.DIALING.value, "dialed_at": at}
    if ready_at is not None:
        values["ready_at"] = ready_at
    await tx.execute(sa.update(_T).where(_T.c.call_id == call_id).values(values))


async def finish(tx: sa_async.AsyncConnection, call_id: str) -> None:
    """Put down that nothing is left to do."""
    gone = {"state": State.OVER.value, "claimed_by": None, "claimed_until": None}
    await tx.execute(sa.update(_T).where(_T.c.call_id == call_id).values(gone))


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


def of_row(row: sa.Row[Any]) -> Dial:
    """The dial of a row of `tables.dials`.

    Raises:
        ValueError: it has words that this version does not know.
    """
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

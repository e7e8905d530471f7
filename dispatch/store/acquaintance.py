"""What the calls of contacts tell: how many there were, and what came of the newest."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, endings, outcomes
from dispatch.store import readable, tables

_T = tables.calls
_TOLD = tuple(_T.c[name] for name in ("direction", "outcome", "answered_at", "ended_at"))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tally:
    """The calls of a contact, those that go on and those that wait included."""

    calls: int = 0
    last_call_at: dt.datetime | None = None
    """When the newest of them was made."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Earlier:
    """A call that is over."""

    at: dt.datetime
    """When it was answered; when it ended, where it was not."""
    direction: calls.Direction
    outcome: outcomes.Outcome | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class History:
    """The calls that a contact has behind it."""

    count: int = 0
    newest: tuple[Earlier, ...] = ()
    """A few of them, the newest first."""


async def tallies(tx: sa_async.AsyncConnection, contact_ids: Collection[str]) -> Mapping[str, Tally]:
    """By contact; one without calls is left out."""
    query = (
        sa.select(_T.c.contact_id, sa.func.count().label("calls"), sa.func.max(_T.c.created_at).label("last_call_at"))
        .where(_T.c.contact_id.in_(contact_ids))
        .group_by(_T.c.contact_id)
    )
    rows = await tx.execute(query)
    return {row.contact_id: Tally(calls=row.calls, last_call_at=row.last_call_at) for row in rows}


async def history(tx: sa_async.AsyncConnection, contact_id: str, *, but: str | None, newest: int) -> History:
    """The calls of a contact that are over, with `newest` of them told; a dial that policy forbade was no call.

    Args:
        tx: any transaction.
        contact_id: whose.
        but: the id of a call that does not count, as it is the one that goes on.
        newest: how many are told, at most.
    """
    over = [
        _T.c.contact_id == contact_id,
        _T.c.status == calls.Status.ENDED.value,
        _T.c.end_reason != endings.Reason.POLICY_REFUSED.value,
    ]
    if but is not None:
        over.append(_T.c.id != but)
    count = (await tx.execute(sa.select(sa.func.count()).select_from(_T).where(*over))).scalar_one()
    if not count:
        return History()
    query = sa.select(*_TOLD).where(*over).order_by(_T.c.ended_at.desc(), _T.c.id.desc()).limit(newest)
    rows = await tx.execute(query)
    return History(count=count, newest=readable.only(rows, _earlier, "calls"))


def _earlier(row: sa.Row[Any]) -> Earlier:
    return Earlier(
        at=row.answered_at or row.ended_at,
        direction=calls.Direction(row.direction),
        outcome=outcomes.Outcome(row.outcome) if row.outcome else None,
    )

"""Facts that came too late, or did not fit: kept for whoever looks into a strange call, without any effect."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import tables

_T = tables.late_facts


class Why(enum.StrEnum):
    """Why a fact had no effect."""

    ENDED = "ended"
    """The call was over."""
    ILLEGAL = "illegal"
    """The call's state does not allow it."""
    FENCED = "fenced"
    """Another job holds the call."""
    UNREADABLE = "unreadable"
    """The call was written by another version."""
    UNKNOWN_CALL = "unknown_call"
    """No call of that room was ever announced."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class LateFact:
    """One such fact."""

    room_name: str
    call_id: str | None
    at: dt.datetime
    why: Why
    fact: str
    """The fact as JSON; may hold words of the transcript."""


async def insert(tx: sa_async.AsyncConnection, late: LateFact) -> None:
    values = dataclasses.asdict(late) | {"why": late.why.value}
    await tx.execute(sa.insert(_T).values(values))


async def of_room(tx: sa_async.AsyncConnection, room_name: str) -> tuple[LateFact, ...]:
    rows = await tx.execute(sa.select(_T).where(_T.c.room_name == room_name).order_by(_T.c.id))
    return tuple(
        LateFact(room_name=row.room_name, call_id=row.call_id, at=row.at, why=Why(row.why), fact=row.fact)
        for row in rows
    )


async def forget_before(tx: sa_async.AsyncConnection, moment: dt.datetime) -> None:
    await tx.execute(sa.delete(_T).where(_T.c.at < moment))

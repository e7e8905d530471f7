"""Rows of reports: one for each call that is over, from its end on; its text once it is made."""

from __future__ import annotations

import dataclasses
import datetime as dt

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import tables

_T = tables.reports


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """The report of a call."""

    call_id: str
    id: str
    due_at: dt.datetime
    """Not made before."""
    made_at: dt.datetime | None = None
    """When it was made last."""
    body: str | None = None
    """As it is sent."""

    @property
    def is_made(self) -> bool:
        return self.made_at is not None


async def insert(tx: sa_async.AsyncConnection, report: Report) -> None:
    await tx.execute(sa.insert(_T), dataclasses.asdict(report))


async def find(tx: sa_async.AsyncConnection, call_id: str) -> Report | None:
    """A call's report; None where it is not over, or was over before there were reports."""
    row = (await tx.execute(sa.select(_T).where(_T.c.call_id == call_id))).one_or_none()
    if row is None:
        return None
    return Report(call_id=row.call_id, id=row.id, due_at=row.due_at, made_at=row.made_at, body=row.body)


async def due(tx: sa_async.AsyncConnection, now: dt.datetime) -> str | None:
    """The call whose report is due and has waited longest."""
    waiting = sa.select(_T.c.call_id).where(_T.c.made_at.is_(None), _T.c.due_at <= now)
    return (await tx.execute(waiting.order_by(_T.c.due_at, _T.c.id).limit(1))).scalar_one_or_none()


async def put_due(tx: sa_async.AsyncConnection, call_id: str, at: dt.datetime) -> None:
    """Have a report made at another time, if it is not made yet."""
    await tx.execute(sa.update(_T).where(_T.c.call_id == call_id, _T.c.made_at.is_(None)).values(due_at=at))


async def keep(tx: sa_async.AsyncConnection, call_id: str, body: str, now: dt.datetime) -> None:
    """Keep the text of a report that was made."""
    await tx.execute(sa.update(_T).where(_T.c.call_id == call_id).values(body=body, made_at=now))

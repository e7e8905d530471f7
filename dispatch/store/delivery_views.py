"""What operators want to know of deliveries beyond their rows: how the last attempt went, and what waits where."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import tables

_D = tables.deliveries
_A = tables.attempts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits for one endpoint."""

    count: int
    oldest_at: dt.datetime
    """When that happened which the oldest of them tells of."""


async def last_statuses(tx: sa_async.AsyncConnection, delivery_ids: Collection[str]) -> Mapping[str, int | None]:
    """By delivery, of those that were tried: the HTTP status of the last attempt; None where nothing was answered."""
    last = sa.and_(_A.c.delivery_id == _D.c.id, _A.c.number == _D.c.attempts)
    query = sa.select(_D.c.id, _A.c.status_code).join_from(_D, _A, last).where(_D.c.id.in_(delivery_ids))
    return {row.id: row.status_code for row in await tx.execute(query)}


async def waiting(tx: sa_async.AsyncConnection) -> Mapping[str, Waiting]:
    """By URL, where anything waits."""
    oldest = sa.func.min(_D.c.event_at, type_=_D.c.event_at.type).label("oldest_at")
    query = sa.select(_D.c.url, sa.func.count().label("count"), oldest).where(_D.c.finished_at.is_(None))
    rows = (await tx.execute(query.group_by(_D.c.url))).mappings()
    return {row["url"]: Waiting(count=row["count"], oldest_at=row["oldest_at"]) for row in rows}

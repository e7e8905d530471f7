"""How much waits to be told to the outside."""

from __future__ import annotations

import dataclasses
import datetime as dt

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import endpoints, tables

_T = tables.deliveries


@dataclasses.dataclass(frozen=True, kw_only=True)
class Backlog:
    """What waits."""

    pending: int
    """Deliveries that have not arrived and are not given up."""
    oldest: dt.datetime | None
    """When the first of these was made; None where there is none."""
    disabled: int
    """Endpoints that are not used any more."""


async def look(tx: sa_async.AsyncConnection) -> Backlog:
    """What waits now."""
    oldest = sa.func.min(_T.c.created_at, type_=_T.c.created_at.type)
    query = sa.select(sa.func.count().label("pending"), oldest.label("oldest")).where(_T.c.finished_at.is_(None))
    row = (await tx.execute(query.select_from(_T))).one()
    return Backlog(pending=row.pending, oldest=row.oldest, disabled=await endpoints.count_disabled(tx))

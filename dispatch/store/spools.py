"""How far each worker's spool has been read."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import tables

_T = tables.spools


async def last_line(tx: sa_async.AsyncConnection, spool_id: str) -> int | None:
    """The last line taken; None for a spool never heard of. Other writers of this spool wait for this transaction."""
    row = (await tx.execute(sa.select(_T.c.last_line).where(_T.c.id == spool_id).with_for_update())).one_or_none()
    return row.last_line if row is not None else None


async def advance(tx: sa_async.AsyncConnection, spool_id: str, line: int, now: dt.datetime) -> None:
    """Remember that everything up to `line` is taken."""
    changed = await tx.execute(sa.update(_T).where(_T.c.id == spool_id).values(last_line=line, updated_at=now))
    if changed.rowcount == 0:
        await tx.execute(sa.insert(_T).values(id=spool_id, last_line=line, updated_at=now))


async def forget_before(tx: sa_async.AsyncConnection, moment: dt.datetime) -> None:
    await tx.execute(sa.delete(_T).where(_T.c.updated_at < moment))

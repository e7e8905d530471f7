"""Which of LiveKit's webhooks have been taken already: it sends one again when our answer was lost."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import tables

_T = tables.notices


async def is_new(tx: sa_async.AsyncConnection, notice_id: str, now: dt.datetime) -> bool:
    """Remember a webhook; False when it was remembered before."""
    seen = (await tx.execute(sa.select(_T.c.id).where(_T.c.id == notice_id))).one_or_none()
    if seen is not None:
        return False
    await tx.execute(sa.insert(_T).values(id=notice_id, received_at=now))
    return True


async def forget_before(tx: sa_async.AsyncConnection, moment: dt.datetime) -> None:
    await tx.execute(sa.delete(_T).where(_T.c.received_at < moment))

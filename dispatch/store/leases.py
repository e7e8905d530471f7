"""Who may do what only one may do at a time, and until when."""

from __future__ import annotations

import dataclasses
import datetime as dt

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import tables

_T = tables.leases


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lease:
    """A lease that somebody has, or had: past `until` it is anybody's."""

    name: str
    holder: str
    until: dt.datetime


async def take(tx: sa_async.AsyncConnection, wanted: Lease, now: dt.datetime) -> Lease:
    """Take a lease that is free, run out, or the same holder's; the lease as it is now, whoever has it."""
    row = (await tx.execute(sa.select(_T).where(_T.c.name == wanted.name))).one_or_none()
    if row is not None and row.holder != wanted.holder and row.until > now:
        return Lease(name=row.name, holder=row.holder, until=row.until)
    values = dataclasses.asdict(wanted)
    if row is None:
        await tx.execute(sa.insert(_T).values(values))
    else:
        await tx.execute(sa.update(_T).where(_T.c.name == wanted.name).values(values))
    return wanted


async def release(tx: sa_async.AsyncConnection, name: str, holder: str) -> None:
    """Give a lease back; that of another holder stays his."""
    await tx.execute(sa.delete(_T).where(_T.c.name == name, _T.c.holder == holder))

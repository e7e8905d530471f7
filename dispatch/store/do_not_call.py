"""Rows of the do-not-call list. They outlive contacts: a wish not to be called stands when all else is deleted."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch.store import paging, readable, tables

_T = tables.do_not_call
_IS_LISTED = sa.select(_T.c.e164).where(_T.c.e164 == sa.bindparam("e164"))


class Source(enum.StrEnum):
    """Who put a number on the list."""

    AGENT = "agent"
    """The person asked an agent of ours."""
    API = "api"
    """An operator, or a program of theirs."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """A number that is not to be called."""

    e164: str
    source: Source
    created_at: dt.datetime
    reason: str | None = None
    call_id: str | None = None
    """The call in which the person asked."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page of the list ends. Several entries may be of the same moment."""

    created_at: dt.datetime
    e164: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """A part of the list, newest first."""

    entries: tuple[Entry, ...]
    next_before: Place | None
    """What the next page begins behind; None where this is the last one."""


class NotListed(errors.NotFound):
    """This number is not on the do-not-call list."""


async def is_listed(tx: sa_async.AsyncConnection, e164: str) -> bool:
    """Whether a number is not to be called; also where another version wrote that it is not."""
    return (await tx.execute(_IS_LISTED, {"e164": e164})).scalar_one_or_none() is not None


async def find(tx: sa_async.AsyncConnection, e164: str) -> Entry | None:
    """The entry of a number."""
    row = (await tx.execute(sa.select(_T).where(_T.c.e164 == e164))).one_or_none()
    return readable.one(row, _entry, "do_not_call")


async def listed(tx: sa_async.AsyncConnection, numbers: Collection[str]) -> frozenset[str]:
    """Those of the numbers that are on the list."""
    rows = await tx.execute(sa.select(_T.c.e164).where(_T.c.e164.in_(numbers)))
    return frozenset(rows.scalars())


async def put(tx: sa_async.AsyncConnection, entry: Entry) -> bool:
    """Put a number on the list, in a transaction that writes; whether it is new there. A former entry stands."""
    if await is_listed(tx, entry.e164):
        return False
    await tx.execute(sa.insert(_T).values(dataclasses.asdict(entry) | {"source": entry.source.value}))
    return True


async def remove(tx: sa_async.AsyncConnection, e164: str) -> None:
    """Take a number off the list.

    Raises:
        NotListed: it is not on it.
    """
    removed = await tx.execute(sa.delete(_T).where(_T.c.e164 == e164))
    if removed.rowcount == 0:
        raise NotListed


async def forget_origin(tx: sa_async.AsyncConnection, e164: str) -> None:
    """Leave of an entry only that it stands: neither the call nor the words of who put it there."""
    await tx.execute(sa.update(_T).where(_T.c.e164 == e164).values(call_id=None, reason=None))


async def page(
    tx: sa_async.AsyncConnection, *, limit: int, number: str | None = None, before: Place | None = None
) -> Page:
    """Up to `limit` entries behind `before`; only that of a number, where one is given."""
    query = sa.select(_T).order_by(_T.c.created_at.desc(), _T.c.e164.desc())
    if number is not None:
        query = query.where(_T.c.e164 == number)
    if before is not None:
        same_moment = sa.and_(_T.c.created_at == before.created_at, _T.c.e164 < before.e164)
        query = query.where(sa.or_(_T.c.created_at < before.created_at, same_moment))
    shown, last = await paging.read(tx, query, limit)
    place = Place(created_at=last.created_at, e164=last.e164) if last is not None else None
    return Page(entries=readable.only(shown, _entry, "do_not_call"), next_before=place)


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        e164=row.e164,
        source=Source(row.source),
        created_at=row.created_at,
        reason=row.reason,
        call_id=row.call_id,
    )

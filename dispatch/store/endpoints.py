"""Rows of endpoints: every URL that webhooks were ever for, and how it fares."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import tables

_T = tables.endpoints


@dataclasses.dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One URL."""

    url: str
    first_failure_at: dt.datetime | None = None
    """Of the last failures with nothing else between; None where the last attempt succeeded."""
    failures: int = 0
    """How many since then."""
    failing_since: dt.datetime | None = None
    """Since when that has been so often, and for so long, that it is no accident."""
    disabled_at: dt.datetime | None = None
    """When it was given up; None where it is in use."""
    disabled_because: str | None = None
    """`gone` (410) or `failing`."""

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None


async def ensure(tx: sa_async.AsyncConnection, urls: Collection[str]) -> frozenset[str]:
    """Have a row for each URL; those of them that are disabled."""
    if not urls:
        return frozenset()
    rows = await tx.execute(sa.select(_T.c.url, _T.c.disabled_at).where(_T.c.url.in_(urls)))
    known = {row.url: row.disabled_at for row in rows}
    if unknown := set(urls) - known.keys():
        insert = (sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert)(_T).on_conflict_do_nothing()
        await tx.execute(insert, [{"url": url, "failures": 0} for url in sorted(unknown)])
    return frozenset(url for url, disabled_at in known.items() if disabled_at is not None)


async def get_many(tx: sa_async.AsyncConnection, urls: Collection[str]) -> tuple[Endpoint, ...]:
    """Those of the URLs that are known."""
    rows = await tx.execute(sa.select(_T).where(_T.c.url.in_(urls)).order_by(_T.c.url))
    return tuple(_endpoint(row) for row in rows)


async def listed(tx: sa_async.AsyncConnection) -> tuple[Endpoint, ...]:
    """Every one, by URL."""
    return tuple(_endpoint(row) for row in await tx.execute(sa.select(_T).order_by(_T.c.url)))


async def count_disabled(tx: sa_async.AsyncConnection) -> int:
    """How many are disabled."""
    query = sa.select(sa.func.count()).select_from(_T).where(_T.c.disabled_at.is_not(None))
    return (await tx.execute(query)).scalar_one()


async def update(tx: sa_async.AsyncConnection, endpoint: Endpoint) -> None:
    """Write how one fares."""
    values = {name: getattr(endpoint, name) for name in _NAMES if name != "url"}
    await tx.execute(sa.update(_T).where(_T.c.url == endpoint.url).values(values))


async def enable(tx: sa_async.AsyncConnection, url: str) -> bool:
    """Use one again, with a clean record; whether it was disabled."""
    disabled = (_T.c.url == url, _T.c.disabled_at.is_not(None))
    clean = {name: None for name in _NAMES if name != "url"} | {"failures": 0}
    return (await tx.execute(sa.update(_T).where(*disabled).values(clean))).rowcount > 0


async def forget_unused(tx: sa_async.AsyncConnection) -> None:
    """Forget those that nothing waits for and nothing is to be remembered of."""
    waits = sa.exists().where(tables.deliveries.c.url == _T.c.url, tables.deliveries.c.finished_at.is_(None))
    await tx.execute(sa.delete(_T).where(_T.c.disabled_at.is_(None), _T.c.failures == 0, ~waits))


def _endpoint(row: sa.Row[Any]) -> Endpoint:
    return Endpoint(**dict(row._mapping))


_NAMES = tuple(column.name for column in _T.c)

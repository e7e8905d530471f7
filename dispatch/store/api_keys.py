"""API keys, without their secrets. One that is revoked stays, so that the list tells of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.access import api_keys, scopes
from dispatch.store import paging, readable, tables, types
from sip_config import schema

_T = tables.api_keys


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """A key and what is known about it."""

    key: api_keys.ApiKey
    label: str | None
    created_at: dt.datetime
    last_used_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """A part of the list."""

    records: tuple[Record, ...]
    next_before: str | None
    """The id that the next page begins behind; None where this is the last one."""


async def add(tx: sa_async.AsyncConnection, record: Record) -> None:
    """Keep a new key."""
    values = {
        "id": record.key.id,
        "digest": record.key.digest.hex(),
        "label": record.label,
        "scopes": sorted(record.key.scopes),
        "limits": record.key.limits.model_dump(exclude_none=True),
        "created_at": record.created_at,
    }
    await tx.execute(sa.insert(_T).values(values))


async def match(tx: sa_async.AsyncConnection, presented: api_keys.Presented) -> api_keys.ApiKey | None:
    """The key that is presented; None for one that is unknown, wrong or revoked, all after the same work."""
    is_it = sa.and_(_T.c.id == presented.id, _T.c.revoked_at.is_(None))
    digest = sa.func.coalesce(sa.select(_T.c.digest).where(is_it).scalar_subquery(), "")  # a row in any case
    if not presented.opens(bytes.fromhex(await tx.scalar(sa.select(digest)) or "")):
        return None
    return readable.one((await tx.execute(sa.select(_T).where(is_it))).one_or_none(), _key, "api_keys")


async def is_good(tx: sa_async.AsyncConnection, key_id: str) -> bool:
    """Whether there is such a key, and it is not revoked."""
    query = sa.select(_T.c.id).where(_T.c.id == key_id, _T.c.revoked_at.is_(None))
    return await tx.scalar(query) is not None


async def page(tx: sa_async.AsyncConnection, *, limit: int, before: str | None = None) -> Page:
    """Up to `limit` keys older than the key `before`, newest first: an id sorts by its time."""
    query = sa.select(_T).order_by(_T.c.id.desc())
    if before is not None:
        query = query.where(_T.c.id < before)
    shown, last = await paging.read(tx, query, limit)
    return Page(records=readable.only(shown, _record, "api_keys"), next_before=last.id if last is not None else None)


async def revoke(tx: sa_async.AsyncConnection, key_id: str, now: dt.datetime) -> bool:
    """Let a key open nothing any more, from when it was revoked first; False where there is none."""
    changes = {"revoked_at": sa.func.coalesce(_T.c.revoked_at, sa.bindparam("at", now, types.UtcDateTime))}
    return (await tx.execute(sa.update(_T).where(_T.c.id == key_id).values(changes))).rowcount > 0


async def note_uses(tx: sa_async.AsyncConnection, uses: Mapping[str, dt.datetime]) -> None:
    """Remember when keys were used last."""
    for key_id, at in uses.items():
        await tx.execute(sa.update(_T).where(_T.c.id == key_id).values(last_used_at=at))


async def are_known(tx: sa_async.AsyncConnection, key_ids: Collection[str]) -> frozenset[str]:
    """Which of these are here, revoked or not."""
    return frozenset(await tx.scalars(sa.select(_T.c.id).where(_T.c.id.in_(key_ids))))


async def has_any(tx: sa_async.AsyncConnection) -> bool:
    """Whether a key opens something."""
    return await tx.scalar(sa.select(_T.c.id).where(_T.c.revoked_at.is_(None)).limit(1)) is not None


def _key(row: sa.Row[Any]) -> api_keys.ApiKey:
    return api_keys.ApiKey(
        id=row.id,
        digest=bytes.fromhex(row.digest),
        scopes=frozenset(scopes.Scope(name) for name in row.scopes),
        limits=schema.Limits.model_validate(row.limits),
    )


def _record(row: sa.Row[Any]) -> Record:
    return Record(
        key=_key(row),
        label=row.label,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )

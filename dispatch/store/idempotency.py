"""What was answered to requests with an `Idempotency-Key`, by API key and the name that the client chose."""

from __future__ import annotations

import dataclasses
import datetime as dt

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import tables

_T = tables.idempotency_keys
_COLUMNS = [column.name for column in _T.c]
_OF_NAME = sa.select(_T).where(_T.c.key_id == sa.bindparam("key_id"), _T.c.name == sa.bindparam("name"))

_IS_NEW = ~sa.exists().where(_T.c.key_id == sa.bindparam("key_id"), _T.c.name == sa.bindparam("name"))
_GIVEN = sa.select(*(sa.bindparam(column.name, type_=column.type) for column in _T.c)).where(_IS_NEW)
_ADD_IF_NEW = sa.insert(_T).from_select(_COLUMNS, _GIVEN).returning(_T.c.name)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stored:
    """An answer that was given."""

    fingerprint: str
    """Of the request, as 64 hexadecimal digits."""
    status: int
    body: str
    """JSON."""
    call_id: str | None
    """The call that the request was about."""


async def find(tx: sa_async.AsyncConnection, key_id: str, name: str) -> Stored | None:
    """The answer under this name; None where there was no such request."""
    row = (await tx.execute(_OF_NAME, {"key_id": key_id, "name": name})).one_or_none()
    if row is None:
        return None
    return Stored(fingerprint=row.fingerprint, status=row.status, body=row.body, call_id=row.call_id)


async def add(tx: sa_async.AsyncConnection, key_id: str, name: str, stored: Stored, now: dt.datetime) -> None:
    """Keep an answer. The primary key lets only one of several at once commit."""
    await tx.execute(sa.insert(_T), _values(key_id, name, stored, now))


async def add_if_new(tx: sa_async.AsyncConnection, key_id: str, name: str, stored: Stored, now: dt.datetime) -> bool:
    """As `add`; False where there is an answer under this name already."""
    return (await tx.execute(_ADD_IF_NEW, _values(key_id, name, stored, now))).one_or_none() is not None


async def forget_before(tx: sa_async.AsyncConnection, moment: dt.datetime) -> None:
    await tx.execute(sa.delete(_T).where(_T.c.created_at < moment))


def _values(key_id: str, name: str, stored: Stored, now: dt.datetime) -> dict[str, object]:
    return dataclasses.asdict(stored) | {"key_id": key_id, "name": name, "created_at": now}

"""Rows of contacts: the people we talk to, one for each number."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch.store import paging, readable, tables

_T = tables.contacts
_OF_NUMBER = sa.select(_T).where(_T.c.e164 == sa.bindparam("e164"))
_LISTED = sa.exists().where(tables.do_not_call.c.e164 == _T.c.e164)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Contact:
    """A person, as calls and the API have told of them."""

    id: str
    e164: str
    created_at: dt.datetime
    updated_at: dt.datetime
    name: str | None = None
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    status: str | None = None
    """What came of the newest call, by `outcomes.lead_status`, unless the API said something else since."""
    is_test: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filter:
    """Which contacts; None does not narrow."""

    e164: str | None = None
    status: str | None = None
    is_listed: bool | None = None
    """Whether the number is on the do-not-call list."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """A part of the list, newest first."""

    contacts: tuple[Contact, ...]
    next_before: str | None
    """The id that the next page begins behind; None where this is the last one."""


class NoSuchContact(errors.NotFound):
    """There is no such contact."""


async def insert(tx: sa_async.AsyncConnection, contact: Contact) -> None:
    await tx.execute(sa.insert(_T), dataclasses.asdict(contact))


async def update(tx: sa_async.AsyncConnection, contact: Contact) -> None:
    await tx.execute(sa.update(_T).where(_T.c.id == contact.id).values(dataclasses.asdict(contact)))


async def get(tx: sa_async.AsyncConnection, contact_id: str) -> Contact:
    """A contact by its id.

    Raises:
        NoSuchContact: there is none.
    """
    row = (await tx.execute(sa.select(_T).where(_T.c.id == contact_id))).one_or_none()
    if row is None:
        raise NoSuchContact
    return _contact(row)


async def find(tx: sa_async.AsyncConnection, e164: str) -> Contact | None:
    """The contact of a number."""
    row = (await tx.execute(_OF_NUMBER, {"e164": e164})).one_or_none()
    return _contact(row) if row is not None else None


async def follow(
    tx: sa_async.AsyncConnection, contact_id: str, *, status: str, ended_at: dt.datetime, now: dt.datetime
) -> None:
    """Let a contact have the status that a call of it led to, unless a call that ended later has told a newer one."""
    later = sa.exists().where(
        tables.calls.c.contact_id == contact_id,
        tables.calls.c.outcome.is_not(None),
        tables.calls.c.ended_at > ended_at,
    )
    await tx.execute(sa.update(_T).where(_T.c.id == contact_id, ~later).values(status=status, updated_at=now))


async def delete(tx: sa_async.AsyncConnection, contact_id: str) -> None:
    """Delete the row; what hangs on it is `erasing`'s."""
    await tx.execute(sa.delete(_T).where(_T.c.id == contact_id))


async def page(tx: sa_async.AsyncConnection, wanted: Filter, *, limit: int, before: str | None = None) -> Page:
    """Up to `limit` contacts that are older than the contact `before`."""
    query = sa.select(_T).order_by(_T.c.id.desc())
    if wanted.e164 is not None:
        query = query.where(_T.c.e164 == wanted.e164)
    if wanted.status is not None:
        query = query.where(_T.c.status == wanted.status)
    if wanted.is_listed is not None:
        query = query.where(_LISTED if wanted.is_listed else ~_LISTED)
    if before is not None:
        query = query.where(_T.c.id < before)
    shown, last = await paging.read(tx, query, limit)
    return Page(contacts=readable.only(shown, _contact, "contacts"), next_before=last.id if last is not None else None)


def _contact(row: sa.Row[Any]) -> Contact:
    return Contact(
        id=row.id,
        e164=row.e164,
        created_at=row.created_at,
        updated_at=row.updated_at,
        name=row.name,
        fields=row.fields,
        status=row.status,
        is_test=row.is_test,
    )

"""Makes, shows and revokes API keys, whoever asks: the API, a command through dispatch, or one beside its database."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import pydantic
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch.access import api_keys, scopes
from dispatch.store import api_keys as rows
from dispatch.v1 import listing, schemas
from sip_config import schema
from sip_config.schema import dialing

Label = Annotated[str, pydantic.Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class NoSuchKey(errors.NotFound):
    """There is no such key. One of TRUNKLINE_API_KEY is revoked by taking it out there."""


class KeyLimits(schemas.Input):
    """How much may be dialed with a key. What is not given is not limited here; the other limits hold as well."""

    concurrent: dialing.Count | None = None
    """Dials and calls at the same time."""
    per_minute: dialing.Count | None = None
    """Dials in any 60 seconds."""
    per_day: dialing.Count | None = None
    """Dials in any 24 hours."""
    minutes_per_day: dialing.Count | None = None
    """Minutes in any 24 hours; a call that is up counts with all the time that it may last."""


class NewKey(schemas.Input):
    """A key that is wanted."""

    scopes: Annotated[tuple[scopes.Scope, ...], pydantic.Field(min_length=1, max_length=len(scopes.Scope))]
    """What it may do."""
    label: Label | None = None
    """For people, to tell keys apart."""
    limits: KeyLimits = KeyLimits()


class Key(schemas.Shape):
    """A key, without its secret."""

    id: str
    """The part of the key between `tl_` and the next underscore."""
    label: str | None
    scopes: tuple[scopes.Scope, ...]
    limits: KeyLimits
    created_at: schemas.Time
    last_used_at: schemas.Time | None
    """To the minute."""
    revoked_at: schemas.Time | None
    """Since when it opens nothing."""


class CreatedKey(Key):
    """A new key, with its secret: the only time that it is shown."""

    key: str
    """What to send as `Authorization: Bearer …`. It cannot be had again."""


async def create(tx: sa_async.AsyncConnection, wanted: NewKey, now: dt.datetime) -> CreatedKey:
    """Make a key."""
    limits = schema.Limits.model_validate(wanted.limits.model_dump(by_alias=False))
    key, text = api_keys.make(wanted.scopes, limits, now)
    record = rows.Record(key=key, label=wanted.label, created_at=now)
    await rows.add(tx, record)
    return CreatedKey(**_fields(record), key=text)


async def page(tx: sa_async.AsyncConnection, paging: listing.Paging) -> listing.Page[Key]:
    """A page of keys, newest first, with those that are revoked.

    Raises:
        Invalid: the cursor is none of ours.
    """
    found = await rows.page(tx, limit=paging.limit, before=paging.before())
    return listing.Page[Key](
        items=tuple(Key(**_fields(record)) for record in found.records),
        next_cursor=listing.following(found.next_before),
    )


async def revoke(tx: sa_async.AsyncConnection, key_id: str, now: dt.datetime) -> None:
    """Have a key open nothing any more; for one that is revoked already, nothing changes.

    Raises:
        NoSuchKey: there is none.
    """
    if not await rows.revoke(tx, key_id, now):
        raise NoSuchKey


def _fields(record: rows.Record) -> dict[str, object]:
    return {
        "id": record.key.id,
        "label": record.label,
        "scopes": tuple(sorted(record.key.scopes)),
        "limits": KeyLimits.model_validate(record.key.limits.model_dump(), by_name=True),
        "created_at": record.created_at,
        "last_used_at": record.last_used_at,
        "revoked_at": record.revoked_at,
    }

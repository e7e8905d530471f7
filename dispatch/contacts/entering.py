"""What operators and their programs tell of people: a new contact, a change, a row of an import."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Mapping

from sqlalchemy.ext import asyncio as sa_async

from callcore import errors, ids
from dispatch.store import contacts as rows

MAX_FIELDS = 100
"""Of one contact."""


class ContactExists(errors.Conflict):
    """This number has a contact already."""

    public_code = "contact_exists"

    def __init__(self, contact_id: str) -> None:
        super().__init__()
        self.contact_id = contact_id


class TooManyFields(errors.BadInput):
    """A contact has at most 100 fields."""

    public_code = "too_many_fields"


class Merged(enum.StrEnum):
    """What came of a row of an import."""

    CREATED = "created"
    UPDATED = "updated"
    """The number had a contact, which has now what the row tells."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Told:
    """What is told of a person; None says nothing."""

    e164: str
    name: str | None = None
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    status: str | None = None
    is_test: bool | None = None


async def create(tx: sa_async.AsyncConnection, told: Told, now: dt.datetime) -> rows.Contact:
    """A new contact.

    Raises:
        ContactExists: the number has one.
        TooManyFields: more than `MAX_FIELDS`.
    """
    former = await rows.find(tx, told.e164)
    if former is not None:
        raise ContactExists(former.id)
    made = rows.Contact(
        id=ids.new(ids.CONTACT, now),
        e164=told.e164,
        created_at=now,
        updated_at=now,
        name=told.name,
        fields=with_fields({}, told.fields),
        status=told.status,
        is_test=bool(told.is_test),
    )
    await rows.insert(tx, made)
    return made


async def merge(tx: sa_async.AsyncConnection, told: Told, now: dt.datetime) -> tuple[Merged, rows.Contact]:
    """A new contact, or more about the one that is there; nothing that is not told gets lost.

    Raises:
        TooManyFields: more than `MAX_FIELDS` with those that it has.
    """
    former = await rows.find(tx, told.e164)
    if former is None:
        return Merged.CREATED, await create(tx, told, now)
    merged = dataclasses.replace(
        former,
        updated_at=now,
        name=former.name if told.name is None else told.name,
        fields=with_fields(former.fields, told.fields),
        status=former.status if told.status is None else told.status,
        is_test=former.is_test if told.is_test is None else told.is_test,
    )
    await rows.update(tx, merged)
    return Merged.UPDATED, merged


def with_fields(former: Mapping[str, str], changes: Mapping[str, str | None]) -> Mapping[str, str]:
    """Fields after changes; None takes one away.

    Raises:
        TooManyFields: more than `MAX_FIELDS`.
    """
    merged = {name: value for name, value in {**former, **changes}.items() if value is not None}
    if len(merged) > MAX_FIELDS:
        raise TooManyFields
    return merged

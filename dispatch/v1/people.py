"""The shapes of contacts, as a client sees and gives them."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import pydantic

from dispatch.contacts import entering
from dispatch.store import acquaintance
from dispatch.store import contacts as rows
from dispatch.v1 import given, listing, schemas
from sip_config import values

_MOST_AT_ONCE = 500

Name = Annotated[str, given.text(200)]
FieldText = Annotated[str, pydantic.StringConstraints(max_length=1000, pattern=rf"^{given.PLAIN}*$")]
Fields = Annotated[
    dict[values.MetadataKey, FieldText], pydantic.Field(max_length=entering.MAX_FIELDS, default_factory=dict)
]
FieldChanges = Annotated[
    dict[values.MetadataKey, FieldText | None], pydantic.Field(max_length=2 * entering.MAX_FIELDS, default_factory=dict)
]
Status = Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z0-9_]{1,32}$")]


class Filters(listing.Paging):
    """Query parameters of the list."""

    number: given.Number | None = None
    status: Status | None = None
    do_not_call: bool | None = None
    """Whether the number is on the do-not-call list."""


class NewContact(schemas.Input):
    """A contact to make, or to add to where it is a row of an import."""

    e164: given.Number
    """In any spelling."""
    name: Name | None = None
    fields: Fields
    """What prompts may speak of, by name."""
    status: Status | None = None
    is_test: bool | None = None
    """Of ours, to try things out."""


class ContactBatch(schemas.Input):
    """Contacts to make or to add to."""

    contacts: Annotated[tuple[given.Row[NewContact], ...], pydantic.Field(min_length=1, max_length=_MOST_AT_ONCE)]
    """A row that is wrong is told by its place, and keeps nothing else out."""


class ContactChange(schemas.Input):
    """What is to be different; what is left out stays."""

    name: Name | None = None
    fields: FieldChanges
    """Added to those that are there; null takes one away."""
    status: Status | None = None
    is_test: bool = False


class Contact(schemas.Shape):
    """A contact."""

    id: str
    e164: str
    name: str | None
    fields: dict[str, str]
    status: str | None
    """What came of the newest call, such as `contacted` or `no_answer`."""
    is_test: bool
    do_not_call: bool
    calls: int
    last_call_at: schemas.Time | None
    created_at: schemas.Time
    updated_at: schemas.Time

    @classmethod
    def of(cls, contact: rows.Contact, tally: acquaintance.Tally, *, is_listed: bool) -> Contact:
        return cls(
            **dataclasses.asdict(contact),
            do_not_call=is_listed,
            calls=tally.calls,
            last_call_at=tally.last_call_at,
        )


class ImportedContact(schemas.Shape):
    """A row of an import that was taken."""

    index: int
    """Its place among the rows, from 0."""
    contact_id: str
    result: entering.Merged


class ContactImport(schemas.Shape):
    """What came of an import."""

    created: int
    updated: int
    contacts: tuple[ImportedContact, ...]
    invalid: tuple[given.RefusedRow, ...]


class ContactDeletion(schemas.Shape):
    """What was deleted."""

    id: str
    calls: int
    recordings: int

"""Contacts: the people we talk to, one for each number."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection

from aiohttp import web
from sqlalchemy.ext import asyncio as sa_async

from callcore import ids
from dispatch import keys
from dispatch.contacts import deletion, entering
from dispatch.http import answers, idempotency, problems, routes
from dispatch.store import acquaintance, do_not_call
from dispatch.store import contacts as rows
from dispatch.v1 import given, listing, people


async def index(request: web.Request, wanted: people.Filters, _: routes.Nothing) -> web.Response:
    """A page of contacts, newest first."""
    narrowed = rows.Filter(
        e164=given.filtered(request, wanted.number),
        status=wanted.status,
        is_listed=wanted.do_not_call,
    )
    before = wanted.before(is_name=_is_contact)
    async with request.app[keys.STORE].reading() as tx:
        page = await rows.page(tx, narrowed, limit=wanted.limit, before=before)
        items = await _shown(tx, page.contacts)
    return answers.model(listing.Page[people.Contact](items=items, next_cursor=listing.following(page.next_before)))


async def show(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """One contact."""
    async with request.app[keys.STORE].reading() as tx:
        (contact,) = await _shown(tx, [await rows.get(tx, _id(request))])
    return answers.model(contact)


async def create(request: web.Request, _: routes.Nothing, wanted: people.NewContact) -> web.Response:
    """Make a contact; a number that has one is refused with the id of that."""
    told = _told(request, wanted)

    async def make(tx: sa_async.AsyncConnection) -> people.Contact:
        (contact,) = await _shown(tx, [await entering.create(tx, told, _now(request))])
        return contact

    try:
        return await idempotency.once(request, wanted, make, status=201)
    except entering.ContactExists as error:
        return problems.response(409, error.public_code, error.message, extra={"contactId": error.contact_id})


async def import_many(request: web.Request, _: routes.Nothing, batch: people.ContactBatch) -> web.Response:
    """Make contacts, or add to those that are there."""
    told, refused = given.sort(batch.contacts, lambda wanted: _told(request, wanted))

    async def make(tx: sa_async.AsyncConnection) -> people.ContactImport:
        taken, too_many = [], []
        for index, row in told:
            try:
                result, contact = await entering.merge(tx, row, _now(request))
            except entering.TooManyFields as error:
                too_many.append(given.RefusedRow(index=index, message=error.message))
            else:
                taken.append(people.ImportedContact(index=index, contact_id=contact.id, result=result))
        created = sum(row.result is entering.Merged.CREATED for row in taken)
        invalid = tuple(sorted((*refused, *too_many), key=lambda row: row.index))
        return people.ContactImport(
            created=created, updated=len(taken) - created, contacts=tuple(taken), invalid=invalid
        )

    return await idempotency.once(request, batch, make, status=200)


async def change(request: web.Request, _: routes.Nothing, wanted: people.ContactChange) -> web.Response:
    """Change a contact."""
    async with request.app[keys.STORE].writing() as tx:
        former = await rows.get(tx, _id(request))
        given_names = wanted.model_fields_set - {"fields"}
        changed = dataclasses.replace(
            former,
            **{name: getattr(wanted, name) for name in given_names},
            fields=entering.with_fields(former.fields, wanted.fields),
            updated_at=_now(request),
        )
        await rows.update(tx, changed)
        (contact,) = await _shown(tx, [changed])
    return answers.model(contact)


async def delete(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """Delete a contact with everything that hangs on it, but for its place on the do-not-call list."""
    contact_id = _id(request)
    gone = await deletion.delete(request.app[keys.STORE], request.app[keys.SHELF], contact_id)
    return answers.model(people.ContactDeletion(id=contact_id, calls=gone.calls, recordings=gone.recordings))


async def _shown(tx: sa_async.AsyncConnection, found: Collection[rows.Contact]) -> tuple[people.Contact, ...]:
    tallies = await acquaintance.tallies(tx, [contact.id for contact in found])
    listed = await do_not_call.listed(tx, [contact.e164 for contact in found])
    nothing = acquaintance.Tally()
    return tuple(
        people.Contact.of(contact, tallies.get(contact.id, nothing), is_listed=contact.e164 in listed)
        for contact in found
    )


def _told(request: web.Request, wanted: people.NewContact) -> entering.Told:
    return entering.Told(
        e164=given.e164(request, wanted.e164),
        name=wanted.name,
        fields=wanted.fields,
        status=wanted.status,
        is_test=wanted.is_test,
    )


def _id(request: web.Request) -> str:
    given_id = request.match_info["id"]
    if not _is_contact(given_id):
        raise rows.NoSuchContact
    return given_id


def _is_contact(name: str) -> bool:
    return ids.is_id(ids.CONTACT, name)


def _now(request: web.Request) -> dt.datetime:
    return request.app[keys.CLOCK].now()

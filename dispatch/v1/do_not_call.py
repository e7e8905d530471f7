"""The do-not-call list: who is not to be called."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import pydantic
from aiohttp import web
from sqlalchemy.ext import asyncio as sa_async

from dispatch import keys
from dispatch.http import answers, idempotency, routes
from dispatch.store import do_not_call as rows
from dispatch.v1 import given, listing, schemas

_MOST_AT_ONCE = 500


class Filters(listing.Paging):
    """Query parameters of the list."""

    number: given.Number | None = None


class NewDoNotCallEntry(schemas.Input):
    """A number to put on the list."""

    e164: given.Number
    """In any spelling."""
    reason: Annotated[str, given.text(500)] | None = None
    """For those who read the list."""


class DoNotCallBatch(schemas.Input):
    """Numbers to put on the list."""

    entries: Annotated[tuple[given.Row[NewDoNotCallEntry], ...], pydantic.Field(min_length=1, max_length=_MOST_AT_ONCE)]
    """What is no number is told by its place, and keeps nothing else out."""


class DoNotCallEntry(schemas.Shape):
    """A number that is not to be called."""

    e164: str
    source: rows.Source
    """`agent`: the person asked an agent; `api`: an operator or a program put it there."""
    reason: str | None
    call_id: str | None
    """The call in which the person asked."""
    created_at: schemas.Time

    @classmethod
    def of(cls, entry: rows.Entry) -> DoNotCallEntry:
        return cls(
            e164=entry.e164,
            source=entry.source,
            reason=entry.reason,
            call_id=entry.call_id,
            created_at=entry.created_at,
        )


class DoNotCallImport(schemas.Shape):
    """What came of a batch."""

    added: int
    present: int
    """They were on the list before."""
    invalid: tuple[given.RefusedRow, ...]


async def index(request: web.Request, wanted: Filters, _: routes.Nothing) -> web.Response:
    """A page of the list, newest first."""
    number = given.filtered(request, wanted.number)
    before = wanted.before(is_name=_is_place)
    async with request.app[keys.STORE].reading() as tx:
        page = await rows.page(tx, limit=wanted.limit, number=number, before=_place(before) if before else None)
    following = listing.following(_name(page.next_before) if page.next_before else None)
    items = tuple(DoNotCallEntry.of(entry) for entry in page.entries)
    return answers.model(listing.Page[DoNotCallEntry](items=items, next_cursor=following))


async def add(request: web.Request, _: routes.Nothing, wanted: NewDoNotCallEntry) -> web.Response:
    """Put a number on the list; one that is there stays as it is."""
    entry = _entry(request, wanted)

    async def make(tx: sa_async.AsyncConnection) -> DoNotCallEntry:
        await rows.put(tx, entry)
        return DoNotCallEntry.of(await rows.find(tx, entry.e164) or entry)

    return await idempotency.once(request, wanted, make, status=200)


async def add_many(request: web.Request, _: routes.Nothing, batch: DoNotCallBatch) -> web.Response:
    """Put many on the list."""
    entries, refused = given.sort(batch.entries, lambda wanted: _entry(request, wanted))

    async def make(tx: sa_async.AsyncConnection) -> DoNotCallImport:
        added = sum([await rows.put(tx, entry) for _, entry in entries])
        return DoNotCallImport(added=added, present=len(entries) - added, invalid=refused)

    return await idempotency.once(request, batch, make, status=200)


async def remove(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """Take a number off the list."""
    number = given.e164(request, request.match_info["e164"])
    async with request.app[keys.STORE].writing() as tx:
        await rows.remove(tx, number)
    return web.Response(status=204)


def _entry(request: web.Request, wanted: NewDoNotCallEntry) -> rows.Entry:
    return rows.Entry(
        e164=given.e164(request, wanted.e164),
        source=rows.Source.API,
        created_at=request.app[keys.CLOCK].now(),
        reason=wanted.reason,
    )


def _name(place: rows.Place) -> str:
    return f"{place.created_at.astimezone(dt.UTC).isoformat()} {place.e164}"


def _place(name: str) -> rows.Place:
    moment, _, e164 = name.partition(" ")
    return rows.Place(created_at=dt.datetime.fromisoformat(moment), e164=e164)


def _is_place(name: str) -> bool:
    try:
        return _name(_place(name)) == name
    except (ValueError, OverflowError):
        return False

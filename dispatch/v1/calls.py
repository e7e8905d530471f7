"""Calls: many, and one."""

from __future__ import annotations

from typing import Annotated

import pydantic
from aiohttp import web

from callcore import calls, ids, outcomes
from dispatch import keys
from dispatch.http import answers, paths, routes
from dispatch.store import besides, engine, pages
from dispatch.store import calls as call_rows
from dispatch.store import turns as turn_rows
from dispatch.v1 import given, listing, schemas


class Filters(listing.Paging):
    """Query parameters of the list."""

    status: calls.Status | None = None
    direction: calls.Direction | None = None
    agent_id: Annotated[str | None, pydantic.Field(max_length=128)] = None
    number: given.Number | None = None
    """Either side of the call, in any spelling."""
    contact: Annotated[str | None, pydantic.Field(max_length=128)] = None
    """Id of a contact."""
    outcome: outcomes.Outcome | None = None
    from_: Annotated[given.Time | None, pydantic.Field(alias="from")] = None
    """Created at this time or later."""
    to: given.Time | None = None
    """Created before this time."""


async def index(request: web.Request, wanted: Filters, _: routes.Nothing) -> web.Response:
    """A page of calls, newest first."""
    return answers.model(await page(request, wanted))


async def page(request: web.Request, wanted: Filters, *, line: str | None = None) -> schemas.CallPage:
    """The calls that these filters let through; only those of a number of ours, where it is given as `line`.

    Raises:
        Invalid: the cursor is none of ours, or the number is none.
    """
    before = wanted.before(is_name=_is_call)
    narrowed = pages.Filter(
        status=wanted.status,
        direction=wanted.direction,
        agent_id=wanted.agent_id,
        number=given.filtered(request, wanted.number),
        contact_id=wanted.contact,
        line=line,
        outcome=wanted.outcome,
        since=wanted.from_,
        until=wanted.to,
    )
    async with request.app[keys.STORE].reading() as tx:
        found = await pages.page(tx, narrowed, limit=wanted.limit, before=before)
        beside = await besides.of_calls(tx, [call.id for call in found.calls])
    return schemas.CallPage(
        items=tuple(schemas.CallSummary.of(call, beside[call.id]) for call in found.calls),
        next_cursor=listing.following(found.next_before),
    )


def _is_call(name: str) -> bool:
    return ids.is_id(ids.CALL, name)


async def show(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """One call, with its transcript."""
    return answers.model(await load(request.app[keys.STORE], paths.call_id(request)))


async def load(store: engine.Store, call_id: str) -> schemas.Call:
    """A call as `/v1` shows it.

    Raises:
        NoSuchCall: there is none.
    """
    async with store.reading() as tx:
        entry = await call_rows.get(tx, call_id)
        placed = await turn_rows.of_call(tx, call_id)
        beside = await besides.of_calls(tx, [call_id])
    return schemas.Call.with_turns(entry.call, tuple(place.turn for place in placed), beside[call_id])

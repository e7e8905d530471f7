"""Pages of calls, newest first. A call's id sorts by its time, so the id is all that a page must remember."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, outcomes
from dispatch.store import calls as rows
from dispatch.store import paging, readable, tables

_T = tables.calls


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filter:
    """Which calls; None does not narrow."""

    status: calls.Status | None = None
    direction: calls.Direction | None = None
    agent_id: str | None = None
    number: str | None = None
    """E.164, on either side of the call."""
    contact_id: str | None = None
    line: str | None = None
    """As `number`: one of ours, when `number` is the other side's."""
    outcome: outcomes.Outcome | None = None
    since: dt.datetime | None = None
    """Created at this moment or later."""
    until: dt.datetime | None = None
    """Created before this moment."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """A part of the list."""

    calls: tuple[calls.Call, ...]
    next_before: str | None
    """The id that the next page begins behind; None where this is the last one."""


async def page(tx: sa_async.AsyncConnection, wanted: Filter, *, limit: int, before: str | None = None) -> Page:
    """Up to `limit` calls older than the call `before`."""
    query = sa.select(*rows.COLUMNS).where(*_conditions(wanted)).order_by(_T.c.id.desc())
    if before is not None:
        query = query.where(_T.c.id < before)
    shown, last = await paging.read(tx, query, limit)
    return Page(calls=readable.only(shown, rows.to_call, "calls"), next_before=last.id if last is not None else None)


def _conditions(wanted: Filter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.status is not None:
        yield _T.c.status == wanted.status.value
    if wanted.direction is not None:
        yield _T.c.direction == wanted.direction.value
    if wanted.agent_id is not None:
        yield _T.c.agent_id == wanted.agent_id
    if wanted.contact_id is not None:
        yield _T.c.contact_id == wanted.contact_id
    for number in (wanted.number, wanted.line):
        if number is not None:
            yield sa.or_(_T.c.caller == number, _T.c.dialed == number)
    if wanted.outcome is not None:
        yield _T.c.outcome == wanted.outcome.value
    if wanted.since is not None:
        yield _T.c.created_at >= wanted.since
    if wanted.until is not None:
        yield _T.c.created_at < wanted.until

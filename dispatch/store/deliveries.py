"""Rows of deliveries: one webhook for one endpoint, until it has arrived or is given up.

    pending ──▶ delivered | failed ──replay──▶ pending

`finished_at` is empty while one is pending. Who sends it: `delivery_claims`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch.store import paging, readable, tables

_T = tables.deliveries
_IS_PENDING = _T.c.finished_at.is_(None)


class State(enum.StrEnum):
    """Where a delivery is."""

    PENDING = "pending"
    """It has not arrived, and will be tried, or tried again."""
    DELIVERED = "delivered"
    """The endpoint took it."""
    FAILED = "failed"
    """It is given up."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One webhook for one endpoint."""

    id: str
    message_id: str
    """What receivers tell duplicates by: the event's, the report's or the test's id."""
    kind: str
    """`dispatch.webhooks.targets.Kind`."""
    url: str
    agent_id: str | None
    """Whose webhook it is."""
    call_id: str | None
    type: str
    """As in the body, such as `call.status`."""
    body: str
    """Exactly what is signed and sent."""
    event_at: dt.datetime
    """When that happened which it tells of."""
    lane: str | None
    """Those of one lane are sent one after the other; None: at any time."""
    position: int
    """In its lane."""
    created_at: dt.datetime
    due_at: dt.datetime
    """When anybody may take it: its next attempt, or the end of the lease of who sends it."""
    state: State = State.PENDING
    error: str | None = None
    """Why the last attempt failed, or it was given up; None where neither happened."""
    attempts: int = 0
    """In all."""
    step: int = 0
    """Attempts of the schedule that are used up; a replay begins anew."""
    early: int = 0
    """Attempts that its endpoint asked for before the schedule's."""
    finished_at: dt.datetime | None = None
    token: int = 0
    """Of the newest claim."""
    claimed_by: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filter:
    """Which deliveries; None does not narrow."""

    state: State | None = None
    kind: str | None = None
    agent_id: str | None = None
    call_id: str | None = None
    message_id: str | None = None
    url: str | None = None
    since: dt.datetime | None = None
    """Of events at this moment or later."""
    until: dt.datetime | None = None
    """Of events before this moment."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """A part of the list, newest first."""

    deliveries: tuple[Delivery, ...]
    next_before: str | None
    """The id that the next page begins behind; None where this is the last one."""


class NoSuchDelivery(errors.NotFound):
    """There is no such delivery."""


async def insert(tx: sa_async.AsyncConnection, *new: Delivery) -> None:
    """Keep new ones."""
    if new:
        await tx.execute(sa.insert(_T), [_values(delivery) for delivery in new])


async def get(tx: sa_async.AsyncConnection, delivery_id: str) -> Delivery:
    """One by its id.

    Raises:
        NoSuchDelivery: there is none, or another version wrote it.
    """
    row = (await tx.execute(sa.select(_T).where(_T.c.id == delivery_id))).one_or_none()
    if (found := readable.one(row, of_row, "webhook_deliveries")) is None:
        raise NoSuchDelivery
    return found


async def page(tx: sa_async.AsyncConnection, wanted: Filter, *, limit: int, before: str | None = None) -> Page:
    """Up to `limit` that were made before the delivery `before`."""
    query = sa.select(_T).where(*_conditions(wanted)).order_by(_T.c.id.desc())
    if before is not None:
        query = query.where(_T.c.id < before)
    shown, last = await paging.read(tx, query, limit)
    found = readable.only(shown, of_row, "webhook_deliveries")
    return Page(deliveries=found, next_before=last.id if last is not None else None)


async def last_of_lanes(tx: sa_async.AsyncConnection, lanes: Collection[str]) -> Mapping[str, Delivery]:
    """The last one that is pending in each lane; one where none is pending is left out."""
    rows = await tx.execute(sa.select(_T).where(_T.c.lane.in_(lanes), _IS_PENDING).order_by(_T.c.position))
    return {one.lane: one for one in readable.only(rows, of_row, "webhook_deliveries") if one.lane is not None}


async def restart(tx: sa_async.AsyncConnection, delivery: Delivery) -> None:
    """Write one that begins anew; whoever sends it just now has no say in it any more."""
    values = _values(delivery) | {"claimed_by": None, "token": _T.c.token + 1}
    await tx.execute(sa.update(_T).where(_T.c.id == delivery.id).values(values))


async def forget_before(tx: sa_async.AsyncConnection, moment: dt.datetime) -> None:
    """Forget those that were made and finished before a moment, with their attempts."""
    old = (_T.c.created_at < moment, _T.c.finished_at < moment)
    of_old = tables.attempts.c.delivery_id.in_(sa.select(_T.c.id).where(*old))
    await tx.execute(sa.delete(tables.attempts).where(of_old))
    await tx.execute(sa.delete(_T).where(*old))


def _conditions(wanted: Filter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.state is not None:
        yield _T.c.state == wanted.state.value
    for name in ("kind", "agent_id", "call_id", "message_id", "url"):
        if (value := getattr(wanted, name)) is not None:
            yield _T.c[name] == value
    if wanted.since is not None:
        yield _T.c.event_at >= wanted.since
    if wanted.until is not None:
        yield _T.c.event_at < wanted.until


def _values(delivery: Delivery) -> dict[str, object]:
    values = {name: getattr(delivery, name) for name in _NAMES}
    values["state"] = delivery.state.value
    return values


def of_row(row: sa.Row[Any]) -> Delivery:
    """The delivery of a row of `tables.deliveries`.

    Raises:
        ValueError: it has words that this version does not know.
    """
    values = dict(zip(_NAMES, row, strict=True))
    values["state"] = State(values["state"])
    return Delivery(**values)


_NAMES = tuple(column.name for column in _T.c)

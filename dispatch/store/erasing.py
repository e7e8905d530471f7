"""Deletes a person's data: every row that names their number, but for their place on the do-not-call list."""

from __future__ import annotations

import dataclasses
import json

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls
from dispatch.store import contacts, do_not_call, forgetting, tables

_CALLS = tables.calls
_OF_CALLS = (
    tables.outbox,
    tables.call_webhooks,
    tables.deliveries,
    tables.usage,
    tables.reports,
    tables.events,
    tables.turns,
    tables.recordings,
    tables.transfers,
    tables.late_facts,
    tables.dials,
)
"""Tables of what belongs to a call."""

_GONE_STATUS = 409
_GONE = json.dumps(
    {
        "type": "about:blank",
        "title": "Conflict",
        "status": _GONE_STATUS,
        "detail": "What this request made has been deleted.",
        "code": "deleted",
    }
)
"""Answers a request that is sent again, so that it does not make anew what was deleted."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Theirs:
    """The calls of a person."""

    ids: tuple[str, ...]
    rooms: frozenset[str]
    is_in_call: bool
    """Whether one of them has not ended, or somebody else is being connected with them."""


async def of(tx: sa_async.AsyncConnection, contact: contacts.Contact) -> Theirs:
    """The calls of a contact, also those of its number that no contact was known for."""
    query = sa.select(_CALLS.c.id, _CALLS.c.room_name, _CALLS.c.status).where(_are_theirs(contact))
    rows = (await tx.execute(query.with_for_update())).all()
    is_calling = any(row.status != calls.Status.ENDED.value for row in rows)
    return Theirs(
        ids=tuple(row.id for row in rows),
        rooms=frozenset(row.room_name for row in rows),
        is_in_call=is_calling or await forgetting.is_wanted(tx, contact.e164),
    )


async def erase(tx: sa_async.AsyncConnection, contact: contacts.Contact, theirs: Theirs) -> int:
    """Delete it all; the number of recordings whose rows went with it. Their files must be gone before."""
    digits = contact.e164.removeprefix("+")
    mine = sa.select(_CALLS.c.id).where(_are_theirs(contact))
    await _answer_no_more(tx, mine, digits)
    await tx.execute(sa.delete(tables.late_facts).where(_is_unassigned_trace(theirs, digits)))
    await _forget_rooms(tx, theirs, digits)
    of_them = tables.reservations.c.call_id.in_(mine) | (tables.reservations.c.callee == contact.e164)
    await tx.execute(sa.update(tables.reservations).where(of_them).values(callee=None))
    sent = sa.select(tables.deliveries.c.id).where(tables.deliveries.c.call_id.in_(mine))
    await tx.execute(sa.delete(tables.attempts).where(tables.attempts.c.delivery_id.in_(sent)))
    recordings = 0
    for table in _OF_CALLS:
        deleted = await tx.execute(sa.delete(table).where(table.c.call_id.in_(mine)))
        recordings += deleted.rowcount if table is tables.recordings else 0
    await tx.execute(sa.delete(_CALLS).where(_are_theirs(contact)))
    await forgetting.in_calls_of_others(tx, contact.e164)
    await do_not_call.forget_origin(tx, contact.e164)
    await contacts.delete(tx, contact.id)
    return recordings


def _are_theirs(contact: contacts.Contact) -> sa.ColumnElement[bool]:
    """Only the other side of a call is a person: a number of ours that has a contact takes none of our calls along."""
    is_ours = _CALLS.c.direction == calls.Direction.OUTBOUND.value
    return sa.or_(
        _CALLS.c.contact_id == contact.id,
        sa.and_(is_ours, _CALLS.c.dialed == contact.e164),
        sa.and_(~is_ours, _CALLS.c.caller == contact.e164),
    )


async def _answer_no_more(tx: sa_async.AsyncConnection, mine: sa.Select[tuple[str]], digits: str) -> None:
    kept = tables.idempotency_keys
    tell_of_them = kept.c.call_id.in_(mine) | kept.c.body.contains(digits)
    await tx.execute(sa.update(kept).where(tell_of_them).values(status=_GONE_STATUS, body=_GONE, call_id=None))


def _is_unassigned_trace(theirs: Theirs, digits: str) -> sa.ColumnElement[bool]:
    """What was reported of rooms that no call is known of: a room may be named after its caller."""
    late = tables.late_facts
    names_them = late.c.room_name.in_(theirs.rooms) | late.c.room_name.contains(digits) | late.c.fact.contains(digits)
    return late.c.call_id.is_(None) & names_them


async def _forget_rooms(tx: sa_async.AsyncConnection, theirs: Theirs, digits: str) -> None:
    """Workers that died tell to this day which rooms they were in."""
    for row in await tx.execute(sa.select(tables.workers.c.id, tables.workers.c.rooms)):
        others = [room for room in row.rooms if room not in theirs.rooms and digits not in room]
        if others != row.rooms:
            await tx.execute(sa.update(tables.workers).where(tables.workers.c.id == row.id).values(rooms=others))

"""Takes a person's number out of calls of others, which stay: those that came by its phone, or were sent on to it."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls
from dispatch.store import tables

_CALLS = tables.calls
_TRANSFERS = tables.transfers


async def is_wanted(tx: sa_async.AsyncConnection, e164: str) -> bool:
    """Whether a call that has not ended is, was or may yet be sent on to this number."""
    query = sa.select(_TRANSFERS.c.id).join(_CALLS, _CALLS.c.id == _TRANSFERS.c.call_id)
    live = _CALLS.c.status != calls.Status.ENDED.value
    return (await tx.execute(query.where(live, _names(e164)).limit(1))).first() is not None


async def in_calls_of_others(tx: sa_async.AsyncConnection, e164: str) -> None:
    """Take it out of all of them. The person's own calls must be gone before."""
    named = {row.id for row in await tx.execute(sa.select(_CALLS.c.id).where(_CALLS.c.forwarded_from == e164))}
    named |= await _as_destination(tx, e164)
    for call_id in sorted(named):
        await _in_call(tx, call_id, e164)
        for table in (tables.reports, tables.deliveries):
            await _in_bodies(tx, table, call_id, e164)
        await _in_answers(tx, call_id, e164.removeprefix("+"))


async def _as_destination(tx: sa_async.AsyncConnection, e164: str) -> set[str]:
    """Take it out of transfers; the calls that they are of."""
    digits = e164.removeprefix("+")
    columns = _TRANSFERS.c.id, _TRANSFERS.c.call_id, _TRANSFERS.c.attempts, _TRANSFERS.c.wish
    rows = (await tx.execute(sa.select(*columns).where(_names(e164)))).all()
    for row in rows:
        cleared = {"attempts": [_nobody(attempt, digits) for attempt in row.attempts]}
        if row.wish is not None:
            cleared["wish"] = _without(_of_nobody(row.wish, digits), digits)
        await tx.execute(sa.update(_TRANSFERS).where(_TRANSFERS.c.id == row.id).values(cleared))
    return {row.call_id for row in rows}


def _names(e164: str) -> sa.ColumnElement[bool]:
    digits = e164.removeprefix("+")
    texts = (sa.cast(column, sa.Text) for column in (_TRANSFERS.c.attempts, _TRANSFERS.c.wish))
    return sa.or_(*(text.contains(digits) for text in texts))


def _of_nobody(wish: dict[str, Any], digits: str) -> dict[str, Any]:
    return {**wish, "destinations": [_nobody(wanted, digits) for wanted in wish["destinations"]]}


def _nobody(destination: dict[str, Any], digits: str) -> dict[str, Any]:
    """A destination, or an attempt at one, without number and name where they are this person's."""
    is_theirs = digits in (destination.get("to") or "")
    return {**destination, "to": "", "label": None} if is_theirs else destination


async def _in_call(tx: sa_async.AsyncConnection, call_id: str, e164: str) -> None:
    digits = e164.removeprefix("+")
    columns = _CALLS.c.forwarded_from, _CALLS.c.metadata, _CALLS.c.intake, _CALLS.c.plan
    row = (await tx.execute(sa.select(*columns).where(_CALLS.c.id == call_id))).one()
    cleared = {
        "forwarded_from": None if row.forwarded_from == e164 else row.forwarded_from,
        "metadata": _without(row.metadata, digits),
        "intake": row.intake.replace(digits, ""),
        "plan": row.plan.replace(digits, "") if row.plan is not None else None,
    }
    await tx.execute(sa.update(_CALLS).where(_CALLS.c.id == call_id).values(cleared))


def _without(value: Any, digits: str) -> Any:  # JSON of any shape
    return json.loads(json.dumps(value).replace(digits, ""))


async def _in_bodies(tx: sa_async.AsyncConnection, table: sa.Table, call_id: str, e164: str) -> None:
    """What was told of such a call, or is about to be."""
    cleared = sa.func.replace(table.c.body, f'"forwarded_from_number":"{e164}"', '"forwarded_from_number":null')
    cleared = sa.func.replace(cleared, f'"to":"{e164}"', '"to":""')
    cleared = sa.func.replace(cleared, e164.removeprefix("+"), "")
    await tx.execute(sa.update(table).where(table.c.call_id == call_id).values(body=cleared))


async def _in_answers(tx: sa_async.AsyncConnection, call_id: str, digits: str) -> None:
    """What endpoints answered: some send back what they got."""
    kept = tables.attempts
    of_call = sa.select(tables.deliveries.c.id).where(tables.deliveries.c.call_id == call_id)
    cleared = sa.func.replace(kept.c.response, digits, "")
    await tx.execute(sa.update(kept).where(kept.c.delivery_id.in_(of_call)).values(response=cleared))

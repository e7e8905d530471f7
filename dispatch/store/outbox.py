"""Events that wait to be told to the outside, in the order in which they happened."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, events
from dispatch.store import events as event_rows
from dispatch.store import readable, tables

_T = tables.outbox
_CALLS = tables.calls


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An event that is not told yet."""

    event: events.Event
    status: calls.Status
    """Where the call was after it."""


async def add(tx: sa_async.AsyncConnection, call_id: str, sequence: int, status: calls.Status) -> None:
    """Have an event told; in the transaction that keeps it.

    Args:
        tx: a writing transaction.
        call_id: the event's call.
        sequence: of the event.
        status: where the call is after it.
    """
    await tx.execute(sa.insert(_T).values(call_id=call_id, sequence=sequence, status=status.value))


async def has_ready(tx: sa_async.AsyncConnection) -> bool:
    """Whether any can be told: it is known whom its call is for."""
    query = sa.select(_T.c.call_id).join(_CALLS, _CALLS.c.id == _T.c.call_id).where(_IS_READY).limit(1)
    return (await tx.execute(query)).one_or_none() is not None


async def ready(tx: sa_async.AsyncConnection, most: int) -> tuple[Waiting, ...]:
    """Up to `most` of those that can be told, by call and sequence."""
    return readable.only(await tx.execute(_READY, {"most": most}), _waiting, "webhook_outbox")


async def remove(tx: sa_async.AsyncConnection, told: Collection[Waiting]) -> None:
    """Forget those that are told, or that nobody wants to be told of."""
    if told:
        await tx.execute(_REMOVE, [{"of": one.event.call_id, "number": one.event.sequence} for one in told])


_IS_READY = sa.or_(
    _CALLS.c.agent_id.is_not(None),
    _CALLS.c.action.is_not(None),
    _CALLS.c.status == calls.Status.ENDED.value,
    _CALLS.c.direction == calls.Direction.OUTBOUND.value,
)
_IS_OF_IT = sa.and_(tables.events.c.call_id == _T.c.call_id, tables.events.c.sequence == _T.c.sequence)
_READY: sa.Select[Any] = (
    sa.select(*event_rows.COLUMNS, _T.c.status)
    .join_from(_T, tables.events, _IS_OF_IT)
    .join(_CALLS, _CALLS.c.id == _T.c.call_id)
    .where(_IS_READY)
    .order_by(_T.c.call_id, _T.c.sequence)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_REMOVE = sa.delete(_T).where(_T.c.call_id == sa.bindparam("of"), _T.c.sequence == sa.bindparam("number"))


def _waiting(row: sa.Row[Any]) -> Waiting:
    return Waiting(event=event_rows.of_row(row), status=calls.Status(row.status))

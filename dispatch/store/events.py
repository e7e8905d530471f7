"""Rows of events."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import events
from dispatch.store import readable, tables

_T = tables.events
COLUMNS = tuple(_T.c)
"""What `of_row` needs."""


async def insert(tx: sa_async.AsyncConnection, event: events.Event) -> None:
    """Keep an event; its sequence is unique within the call, whatever else runs at the same time."""
    values = {
        "id": event.id,
        "call_id": event.call_id,
        "sequence": event.sequence,
        "type": event.type.value,
        "at": event.at,
        "data": dict(event.data),
    }
    await tx.execute(sa.insert(_T), values)


async def of_call(tx: sa_async.AsyncConnection, call_id: str) -> tuple[events.Event, ...]:
    """Every event of a call by sequence."""
    rows = await tx.execute(sa.select(_T).where(_T.c.call_id == call_id).order_by(_T.c.sequence))
    return readable.only(rows, of_row, "events")


def of_row(row: sa.Row[Any]) -> events.Event:
    """The event of a row of `tables.events`.

    Raises:
        ValueError: it has words that this version does not know.
    """
    return events.Event(
        id=row.id,
        call_id=row.call_id,
        sequence=row.sequence,
        type=events.EventType(row.type),
        at=row.at,
        data=row.data,
    )

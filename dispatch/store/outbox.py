"""Events that wait to be told to the outside, in the order in which they happened."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls
from dispatch.store import tables

_T = tables.outbox


async def add(tx: sa_async.AsyncConnection, call_id: str, sequence: int, status: calls.Status) -> None:
    """Have an event told; in the transaction that keeps it.

    Args:
        tx: a writing transaction.
        call_id: the event's call.
        sequence: of the event.
        status: where the call is after it.
    """
    await tx.execute(sa.insert(_T).values(call_id=call_id, sequence=sequence, status=status.value))

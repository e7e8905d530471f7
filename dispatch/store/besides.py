"""What is kept beside calls: the message that a caller left, where the caller was connected to, how we dialed."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import contract, transfers
from dispatch.store import dials, recordings, tables
from dispatch.store import transfers as transfer_rows


@dataclasses.dataclass(frozen=True, kw_only=True)
class Beside:
    """All of it, for one call."""

    voicemail: recordings.Recording | None = None
    transfers: tuple[transfers.Transfer, ...] = ()
    """In the order in which they were wanted."""
    dial: dials.Dial | None = None
    """Of a call that we placed."""


async def of_calls(tx: sa_async.AsyncConnection, call_ids: Collection[str]) -> Mapping[str, Beside]:
    """By call, for every one of these."""
    messages = await recordings.of_calls(tx, call_ids, contract.AudioKind.VOICEMAIL)
    connected = {call_id: await transfer_rows.of_call(tx, call_id) for call_id in await _transferred(tx, call_ids)}
    dialed = await dials.of_calls(tx, call_ids)
    return {
        call_id: Beside(voicemail=messages.get(call_id), transfers=connected.get(call_id, ()), dial=dialed.get(call_id))
        for call_id in call_ids
    }


async def _transferred(tx: sa_async.AsyncConnection, call_ids: Collection[str]) -> Sequence[str]:
    """Those that have a transfer, which are few."""
    column = tables.transfers.c.call_id
    return (await tx.execute(sa.select(column).where(column.in_(call_ids)).distinct())).scalars().all()

"""When a call's report is made: as soon as nothing more is to be expected."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, contract, endings, ids
from dispatch.store import recordings
from dispatch.store import reports as rows
from dispatch.store import transfers as transfer_rows

SETTLE = dt.timedelta(seconds=10)
"""For what is reported within seconds: how a call ended whose end was inferred, how its transfer did."""
SOUND = dt.timedelta(seconds=60)
"""For the sound of a message, which the worker sends when the call is over."""


async def follow(tx: sa_async.AsyncConnection, before: calls.Call, after: calls.Call, at: dt.datetime) -> None:
    """Let a call have its report when a fact ends it, in the transaction of that fact; a correction hurries it."""
    if not after.is_over:
        return
    if not before.is_over:
        due_at = at + await _delay(tx, after)
        await rows.insert(tx, rows.Report(call_id=after.id, id=ids.new(ids.REPORT, at), due_at=due_at))
    elif before.end_is_inferred and not after.end_is_inferred:
        await rows.put_due(tx, after.id, at + await _delay(tx, after))


async def settle(tx: sa_async.AsyncConnection, call_id: str, now: dt.datetime) -> None:
    """Give those who know better the time to say so: an end was inferred now, whenever it was."""
    await rows.put_due(tx, call_id, now + SETTLE)


async def note_sound(tx: sa_async.AsyncConnection, call: calls.Call, at: dt.datetime) -> None:
    """The sound that a report waits for is there."""
    if not call.end_is_inferred:
        await rows.put_due(tx, call.id, at)


async def _delay(tx: sa_async.AsyncConnection, call: calls.Call) -> dt.timedelta:
    if call.end_is_inferred:
        return SETTLE
    if call.termination is not None and call.termination.reason is endings.Reason.VOICEMAIL:
        kept = await recordings.of_calls(tx, [call.id], contract.AudioKind.VOICEMAIL)
        return dt.timedelta(0) if kept else SOUND
    transferred = await transfer_rows.of_call(tx, call.id) if call.action is calls.Action.FORWARD else ()
    return dt.timedelta(0) if all(each.state.is_final for each in transferred) else SETTLE

"""When a call's report is made: as soon as nothing more is to be expected."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, contract, endings, ids
from dispatch.store import recordings
from dispatch.store import reports as rows

SETTLE = dt.timedelta(seconds=10)
"""For what is reported within seconds: how a call ended whose end was inferred."""
SOUND = dt.timedelta(seconds=60)
"""For the sound of a message, which the worker sends when the call is over."""
_AT_ONCE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Before any time that a worker's clock may tell."""


async def follow(tx: sa_async.AsyncConnection, before: calls.Call, after: calls.Call, at: dt.datetime) -> None:
    """Let a call have its report when a fact ends it, in the transaction of that fact; a correction hurries it."""
    if not after.is_over:
        return
    if not before.is_over:
        due_at = await _due(tx, after, at)
        await rows.insert(tx, rows.Report(call_id=after.id, id=ids.new(ids.REPORT, at), due_at=due_at))
    elif before.end_is_inferred and not after.end_is_inferred:
        await rows.put_due(tx, after.id, await _due(tx, after, at))


async def settle(tx: sa_async.AsyncConnection, call_id: str, now: dt.datetime) -> None:
    """Give those who know better the time to say so: an end was inferred now, whenever it was."""
    await rows.put_due(tx, call_id, now + SETTLE)


async def note_sound(tx: sa_async.AsyncConnection, call: calls.Call) -> None:
    """The sound that a report waits for is there."""
    if not call.end_is_inferred:
        await rows.put_due(tx, call.id, _AT_ONCE)


async def _due(tx: sa_async.AsyncConnection, call: calls.Call, at: dt.datetime) -> dt.datetime:
    if call.end_is_inferred:
        return at + SETTLE
    if call.termination is not None and call.termination.reason is endings.Reason.VOICEMAIL:
        kept = await recordings.of_calls(tx, [call.id], contract.AudioKind.VOICEMAIL)
        return _AT_ONCE if kept else at + SOUND
    return _AT_ONCE

"""What LiveKit says of the leg of the person that a call is with.

It waits in the books for the worker's own report before it counts.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import calls as call_rows


@dataclasses.dataclass(frozen=True, kw_only=True)
class Left:
    """The leg left the room."""

    room_name: str
    at: dt.datetime
    reason: str
    """LiveKit's disconnect reason, such as `CLIENT_INITIATED`."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Back:
    """The leg is in the room: it came, or came back after a restart of LiveKit."""

    room_name: str
    caller: str | None = None
    """Who calls, as the trunk sent it; None where LiveKit does not say."""


Movement = Left | Back


async def note(tx: sa_async.AsyncConnection, movement: Movement) -> str | None:
    """Note it in the call of the room, unless that is over or was never announced; the call's id where it was noted."""
    try:
        entry = await call_rows.find_room_for_update(tx, movement.room_name)
    except call_rows.Unreadable:
        return None  # nobody can act on such a call; saying so again would have LiveKit repeat its webhook
    if entry is None or entry.call.is_over:
        return None
    match movement:
        case Left():
            noted = dataclasses.replace(entry, leg_left_at=movement.at, leg_left_reason=movement.reason)
        case Back():
            noted = dataclasses.replace(entry, leg_left_at=None, leg_left_reason=None)
    await call_rows.update(tx, entry, noted)
    return entry.call.id

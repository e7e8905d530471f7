"""The legs of a call's room as a transfer needs them: who is there, who has picked up, who has left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

from livekit import rtc

from callcore import errors, transfers
from worker.jobs.transfers import controls, racing

_log = logging.getLogger(__name__)

_Seen = TypeVar("_Seen")

_Move = Literal[
    "participant_connected",
    "participant_disconnected",
    "participant_attributes_changed",
    "track_published",
    "connection_state_changed",
]
_MOVES: tuple[_Move, ...] = (
    "participant_connected",
    "participant_disconnected",
    "participant_attributes_changed",
    "track_published",
    "connection_state_changed",
)
_ACTIVE = "active"


@contextmanager
def watching(room: rtc.Room, on_move: Callable[..., object]) -> Iterator[None]:
    """Call `on_move` whenever somebody comes, goes, picks up or publishes a track."""
    for event in _MOVES:
        room.on(event, on_move)
    try:
        yield
    finally:
        for event in _MOVES:
            room.off(event, on_move)


async def until(room: rtc.Room, look: Callable[[], _Seen | None]) -> _Seen:
    """Wait until the room shows something: what `look` returns, once that is not None."""
    moved = asyncio.Event()
    with watching(room, lambda *_: moved.set()):
        while True:
            moved.clear()
            if (seen := look()) is not None:
                return seen
            await moved.wait()


def dialed(room: rtc.Room, transfer_id: str | None = None) -> tuple[rtc.RemoteParticipant, ...]:
    """The legs that were dialed for a transfer, for any one by default."""
    return tuple(
        leg
        for leg in room.remote_participants.values()
        if (its := leg.attributes.get(transfers.LEG_ATTRIBUTE)) is not None and transfer_id in (None, its)
    )


def is_answered(leg: rtc.RemoteParticipant) -> bool:
    """Somebody has picked up, and the digits of an extension were dialed."""
    return leg.attributes.get("sip.callStatus") == _ACTIVE


async def answered(room: rtc.Room, identity: str) -> rtc.RemoteParticipant:
    """Wait until this leg is there and answered."""

    def look() -> rtc.RemoteParticipant | None:
        leg = room.remote_participants.get(identity)
        return leg if leg is not None and is_answered(leg) else None

    return await until(room, look)


async def gone(room: rtc.Room, identity: str) -> None:
    """Wait until this leg is not in the room. While the room reconnects, legs seem to be gone that are not."""

    def look() -> bool | None:
        is_there = identity in room.remote_participants
        return True if not is_there and room.connection_state == rtc.ConnectionState.CONN_CONNECTED else None

    await until(room, look)


class Roll:
    """Every leg that was dialed into a room since this began to look; some stay for less than anybody needs to ask."""

    def __init__(self, room: rtc.Room) -> None:
        """Begin to look; whoever makes it closes it."""
        self._room = room
        self._called = {leg.identity for leg in dialed(room)}
        room.on("participant_connected", self._note)

    async def has(self, identity: str) -> None:
        """Wait until this leg is, or was, in the room."""
        await until(self._room, lambda: True if identity in self._called else None)

    def close(self) -> None:
        """Look no longer."""
        self._room.off("participant_connected", self._note)

    def _note(self, leg: rtc.RemoteParticipant) -> None:
        if transfers.LEG_ATTRIBUTE in leg.attributes:
            self._called.add(leg.identity)


async def appears(room: rtc.Room, identity: str) -> None:
    """Wait until this leg is in the room."""
    await until(room, lambda: room.remote_participants.get(identity))


async def hang_up(room: rtc.Room, switches: controls.Controls, which: tuple[rtc.RemoteParticipant, ...]) -> None:
    """End these legs, within 2 s; one that goes by itself meanwhile is not waited for any longer."""
    await asyncio.gather(*(_hang_up(room, switches, leg.identity) for leg in which))


async def _hang_up(room: rtc.Room, switches: controls.Controls, identity: str) -> None:
    try:
        await racing.first(switches.remove(identity), gone(room, identity))
    except errors.Unavailable as error:
        _log.error("a dialed leg could not be hung up", extra={"error_class": error.message})

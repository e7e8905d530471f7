"""The leg that dispatch dials: not there yet, dialing, ringing, answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from livekit import rtc

_MOVES: tuple[
    Literal["participant_connected", "participant_disconnected", "participant_attributes_changed"],
    ...,
] = ("participant_connected", "participant_disconnected", "participant_attributes_changed")
_RINGING = "ringing"
_ANSWERED = frozenset({"active", "hangup"})
"""Only a leg that was answered ever reads `hangup`."""


class DialedLeg:
    """Watches one leg of a room, and tells each of its steps once, in order.

    livekit-sip says how far it has come in `sip.callStatus`. Only the way forward counts: a restart of livekit-server
    sets the attribute back to where it began.
    """

    def __init__(
        self,
        room: rtc.Room,
        identity: str,
        *,
        on_dialed: Callable[[], None],
        on_ringing: Callable[[], None],
        on_answered: Callable[[], None],
    ) -> None:
        self.identity = identity
        self._room = room
        self._participant: rtc.RemoteParticipant | None = None
        self._is_ringing = False
        self._dialed, self._answered = asyncio.Event(), asyncio.Event()
        self._on_dialed, self._on_ringing, self._on_answered = on_dialed, on_ringing, on_answered

    @property
    def participant(self) -> rtc.RemoteParticipant | None:
        """The leg, as it is or was in the room."""
        return self._participant

    @property
    def is_dialed(self) -> bool:
        """The leg is, or was, in the room."""
        return self._dialed.is_set()

    @property
    def is_answered(self) -> bool:
        """Somebody picked up; perhaps they have hung up since."""
        return self._answered.is_set()

    def watch(self) -> None:
        """Look now, and whenever something moves, for as long as the room lasts."""
        for event in _MOVES:
            self._room.on(event, self._look)
        self._look()

    async def dialed(self) -> rtc.RemoteParticipant:
        """Wait for the leg."""
        await self._dialed.wait()
        assert self._participant is not None  # noqa: S101  # the event says so
        return self._participant

    async def answered(self) -> None:
        """Wait until somebody picks up."""
        await self._answered.wait()

    def _look(self, *_: object) -> None:
        # What has left keeps its last attributes, so an answer is seen even if the hang-up came with it.
        leg = self._room.remote_participants.get(self.identity, self._participant)
        if leg is None:
            return
        self._participant = leg
        if not self.is_dialed:
            self._dialed.set()
            self._on_dialed()
        status = leg.attributes.get("sip.callStatus")
        if status == _RINGING and not self._is_ringing and not self.is_answered:
            self._is_ringing = True
            self._on_ringing()
        if status in _ANSWERED and not self.is_answered:
            self._answered.set()
            self._on_answered()

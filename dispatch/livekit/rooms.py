"""What dispatch needs of LiveKit's rooms, without LiveKit's types."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Collection, Mapping
from typing import Protocol

from callcore import contract, errors, transfers

OUR_PREFIXES = (f"{contract.ROOM_PREFIX}_", f"{contract.REFUSED_ROOM_PREFIX}_")
"""Rooms of our calls, and those made by our catch-all rule, begin so; others are none of our business."""


class LiveKitUnavailable(errors.Unavailable):
    """LiveKit does not answer."""

    public_code = "livekit_unavailable"


class Kind(enum.StrEnum):
    """What a participant is."""

    SIP = "sip"
    AGENT = "agent"
    OTHER = "other"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Room:
    """A room that exists."""

    name: str
    created_at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Participant:
    """Somebody in a room. The identity of a caller's leg holds their number: it is never logged."""

    identity: str
    kind: Kind
    attributes: Mapping[str, str]

    @property
    def is_caller(self) -> bool:
        """Whether this is the leg of the person that the call is with, who called us or whom we called; not that of a
        transfer's destination.
        """
        return self.kind is Kind.SIP and not self.is_dialed

    @property
    def is_dialed(self) -> bool:
        """Whether this is the leg of a transfer's destination."""
        return self.kind is Kind.SIP and transfers.LEG_ATTRIBUTE in self.attributes


def has_caller(present: Collection[Participant]) -> bool:
    """Whether the leg of the person that the call is with is among these."""
    return any(someone.is_caller for someone in present)


class Rooms(Protocol):
    """The six things that dispatch does with rooms. Each has its own deadline and raises `LiveKitUnavailable`."""

    async def ours(self) -> tuple[Room, ...]:
        """Every room of ours, also those of the catch-all rule."""
        ...

    async def participants(self, room_name: str) -> tuple[Participant, ...]:
        """Who is in a room; nobody when it is gone."""
        ...

    async def open(self, room_name: str, *, job_metadata: str) -> None:
        """Make a room and have a job of ours join it, which is given the metadata."""
        ...

    async def close(self, room_name: str) -> None:
        """Delete a room, which ends every SIP leg in it; a room that is gone already is a success."""
        ...

    async def refuse(self, room_name: str, identity: str, headers: Mapping[str, str]) -> None:
        """End a SIP leg with these headers on the answer: BYE, or 486 while it rings."""
        ...

    async def ask(self, room_name: str, identity: str, method: str, payload: str) -> str:
        """The answer of a method that somebody in a room has registered; `LiveKitUnavailable` also where nobody has."""
        ...

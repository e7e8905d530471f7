"""Rooms of calls that the ledger does not have, or has as ended."""

from __future__ import annotations

import enum
from collections.abc import Collection

from dispatch.livekit import rooms


class Stray(enum.StrEnum):
    """What is wrong with a room."""

    ENDED_CALL = "ended_call"
    """Its call is over."""
    NO_AGENT = "no_agent"
    """A caller is in it, without an agent and without a row in the ledger."""


GRACE_S = {
    Stray.ENDED_CALL: 2.0,  # the room was told to close when the call ended; this is the next try
    Stray.NO_AGENT: 10.0,  # no agent comes later: LiveKit does not repeat a dispatch that found no worker
}


def lacks_agent(participants: Collection[rooms.Participant]) -> bool:
    """Whether somebody on the phone waits for nobody."""
    kinds = {participant.kind for participant in participants}
    return rooms.Kind.SIP in kinds and rooms.Kind.AGENT not in kinds

"""How long a caller waits for a dispatch that is out, before the job takes them back by itself."""

from __future__ import annotations

from livekit import rtc

from worker.jobs.transfers import following, legs, racing

IDLE_S = 5.0
"""While no phone rings: a dispatch that starts again is back by then."""

REFER_S = 45.0
"""While the carrier was asked to take the caller over: only dispatch hears what it answers."""


async def deserted(room: rtc.Room, follower: following.Follower, identity: str) -> None:
    """Wait until nobody will say any more how a dial went: its leg is gone, or never came, and dispatch is out."""
    await racing.first(legs.appears(room, identity), follower.out_for(IDLE_S))
    await legs.gone(room, identity)
    await follower.out_for(following.SILENCE_S)

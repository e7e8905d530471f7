"""How long a caller waits for a dispatch that is out, before the job takes them back by itself."""

from __future__ import annotations

from livekit import rtc

from worker.jobs.transfers import following, legs, racing

IDLE_S = 15.0
"""While no phone rings: a dispatch that starts again is back by then, on a busy machine too."""

REFER_S = 45.0
"""While the carrier was asked to take the caller over: only dispatch hears what it answers."""


async def deserted(room: rtc.Room, roll: legs.Roll, follower: following.Follower, identity: str) -> None:
    """Wait until nobody will say any more how a dial went: its leg is gone, or never came, and dispatch is out."""
    await racing.first(roll.has(identity), follower.out_for(IDLE_S))
    await legs.gone(room, identity)
    await follower.out_for(following.SILENCE_S)


async def idle(room: rtc.Room, roll: legs.Roll, follower: following.Follower) -> None:
    """As `deserted`, while the job knows of no dial; of the next one it may see the leg and never hear of it."""
    progress = follower.progress
    await deserted(room, roll, follower, f"{progress.transfer_id}_{progress.attempt + 1}")

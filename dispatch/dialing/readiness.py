"""Before a phone rings: a room, and a job in it that can talk. Nobody is to say hello into silence."""

from __future__ import annotations

import asyncio

import structlog

from callcore import contract
from dispatch.dialing import means, obstacles, orders, records, words
from dispatch.livekit import rooms
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows

_WORKER_S = 30.0  # for a worker that has room; a restart of the only one takes less, and so do many calls
_READY_S = 12.0  # from the room to the job's word; a warm job takes a second, one on a busy machine several
_LIVEKIT_S = 300.0  # a restart of LiveKit, and a bad one; later than that the callee is not to be surprised
_LOOK_S = 0.5  # for what nobody tells us

_log = structlog.get_logger(__name__)


async def open_room(needed: means.Means, claim: rows.Dial, order: orders.Order) -> None:
    """Make the room and have a job sent to it.

    Raises:
        Lost: the call has ended meanwhile, or is in other hands.
        Obstacle: no worker has room, or LiveKit is out.
    """
    if not await _has_worker(needed, claim):
        raise obstacles.Obstacle("no worker has room", obstacles.NO_JOB)
    if not await _has_room(needed, claim, _assignment(claim, order)):
        raise obstacles.Obstacle("LiveKit is out", obstacles.NO_ROOM)


async def until_ready(needed: means.Means, claim: rows.Dial, ear: words.Ear) -> None:
    """Wait for the job's word, which comes here, or into the row where it came to another process.

    Raises:
        Lost: the call has ended meanwhile, or is in other hands.
        JobLate: it did not come in time.
    """
    deadline = asyncio.get_running_loop().time() + _READY_S
    async with needed.wakeups.following(claim.call_id) as subscription:
        while ear.said is None and (await look(needed, claim)).ready_at is None:
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0:
                raise obstacles.JobLate
            await subscription.wait(min(_LOOK_S, left_s))


async def _has_worker(needed: means.Means, claim: rows.Dial) -> bool:
    """Wait for a worker that has room: LiveKit forgets a job that none takes."""
    deadline = asyncio.get_running_loop().time() + _WORKER_S
    while True:
        if await needed.roster.has_room():
            return True
        if asyncio.get_running_loop().time() >= deadline:
            return False
        await asyncio.sleep(_LOOK_S)
        await look(needed, claim)


async def _has_room(needed: means.Means, claim: rows.Dial, job_metadata: str) -> bool:
    deadline = asyncio.get_running_loop().time() + _LIVEKIT_S
    is_new = claim.generation == 1
    while asyncio.get_running_loop().time() < deadline:
        try:
            if not is_new:
                # An earlier try may have left a room and a job in it: that job is of no use to us.
                await needed.livekit.close(claim.call_id)
            is_new = False
            await needed.livekit.open(claim.call_id, job_metadata=job_metadata)
        except rooms.LiveKitUnavailable as error:
            needed.counters.livekit_failures.labels(request="dial").inc()
            _log.warning("a room for a call could not be made", call_id=claim.call_id, error=error.message)
            await look(needed, claim)
            await asyncio.sleep(_LOOK_S)
        else:
            return True
    return False


async def look(needed: means.Means, claim: rows.Dial) -> rows.Dial:
    """The row as it is now.

    Raises:
        Over: the call has ended meanwhile.
        Lost: the row is in other hands.
    """
    async with needed.store.reading() as tx:
        dial = await rows.get(tx, claim.call_id)
        entry = await call_rows.get(tx, claim.call_id)
    if entry.call.is_over:
        raise records.Over
    if dial is None or not dial.is_of(claim):
        raise records.Lost
    return dial


def _assignment(claim: rows.Dial, order: orders.Order) -> str:
    assignment = contract.JobAssignment(
        caller=order.caller, dialed=claim.to, identity=claim.identity, generation=claim.generation
    )
    return assignment.model_dump_json()

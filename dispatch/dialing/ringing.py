"""A phone rings: until it is answered or not, or until nobody wants it to ring any more."""

from __future__ import annotations

import asyncio
import enum

import structlog

from callcore import errors
from dispatch import fleet
from dispatch.dialing import means, obstacles, readiness, records
from dispatch.livekit import dialing, rooms
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows

_LOOK_S = 1.0  # at the store, for what another process was told
_LOST_S = 3.0  # a worker that is no longer heard of may have been kept from telling; see also `fleet.FRESH_S`
_STOP_S = 0.3  # a leg joins 20 to 50 ms after the request, and leaves 10 ms after it is told to
_STOP_TRIES = 10

_log = structlog.get_logger(__name__)


class _Pointless(enum.Enum):
    """Why a phone need not ring any more, or not for us."""

    OVER = "over"
    ELSEWHERE = "elsewhere"
    UNATTENDED = "unattended"


async def ring(needed: means.Means, dial: dialing.Dial, claim: rows.Dial) -> dialing.Answer | None:
    """Dial, once. None where the call ended meanwhile, and then the phone rings no more; or where it is in other hands,
    which look after the phone from now on.

    Raises:
        JobLost: the worker is gone; the phone rings no more.
    """
    dialed = asyncio.create_task(needed.dialer.dial(dial))
    pointless = asyncio.create_task(_until_pointless(needed, claim))
    try:
        await asyncio.wait([dialed, pointless], return_when=asyncio.FIRST_COMPLETED)
        if dialed.done():
            return dialed.result()
        if pointless.result() is not _Pointless.ELSEWHERE:
            await _stop(needed, dial, dialed)
        if pointless.result() is _Pointless.UNATTENDED:
            raise obstacles.JobLost
        return None
    finally:
        # Where this process ends, the dial goes on in LiveKit, and whoever comes next asks the room.
        dialed.cancel()
        pointless.cancel()
        await asyncio.gather(dialed, pointless, return_exceptions=True)


async def _until_pointless(needed: means.Means, claim: rows.Dial) -> _Pointless:
    timer = asyncio.get_running_loop()
    heard_at_s = timer.time()
    async with needed.wakeups.following(claim.call_id) as subscription:
        while True:
            try:
                await readiness.look(needed, claim)
                if await _is_attended(needed, claim):
                    heard_at_s = timer.time()
                elif timer.time() - heard_at_s >= _LOST_S:
                    return _Pointless.UNATTENDED
            except records.Lost as error:
                return _Pointless.OVER if isinstance(error, records.Over) else _Pointless.ELSEWHERE
            except errors.Unavailable as error:
                heard_at_s = timer.time()
                _log.warning("a call that rings cannot be looked at", call_id=claim.call_id, error=error.public_code)
            await subscription.wait(_LOOK_S)


async def _is_attended(needed: means.Means, claim: rows.Dial) -> bool:
    """Whether the worker that is to talk is alive. A job that dies alone is reported by its worker."""
    async with needed.store.reading() as tx:
        holder = (await call_rows.get(tx, claim.call_id)).holder
        alive = await fleet.fresh_in(tx, needed.clock)
    return any(worker.report.worker_id == holder.worker_id for worker in alive)


async def _stop(needed: means.Means, dial: dialing.Dial, dialed: asyncio.Task[dialing.Answer]) -> None:
    """Have the phone stop ringing; the request may still be on its way, so once may not be enough."""
    for _ in range(_STOP_TRIES):
        try:
            await needed.dialer.give_up(dial.room_name, dial.identity)
        except rooms.LiveKitUnavailable as error:
            _log.warning("a phone could not be stopped from ringing", call_id=dial.room_name, error=error.message)
        await asyncio.wait([dialed], timeout=_STOP_S)
        if dialed.done():
            return

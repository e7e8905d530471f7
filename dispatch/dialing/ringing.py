"""A phone rings: until it is answered or not, or until nobody wants it to ring any more."""

from __future__ import annotations

import asyncio

import structlog

from callcore import errors
from dispatch.dialing import means, readiness, records
from dispatch.livekit import dialing, rooms
from dispatch.store import dials as rows

_LOOK_S = 1.0  # at the store, for what another process was told
_STOP_S = 0.3  # a leg joins 20 to 50 ms after the request, and leaves 10 ms after it is told to
_STOP_TRIES = 10

_log = structlog.get_logger(__name__)


async def ring(needed: means.Means, dial: dialing.Dial, claim: rows.Dial) -> dialing.Answer | None:
    """Dial, once. None where the call ended meanwhile, and then the phone rings no more; or where it is in other hands,
    which look after the phone from now on.
    """
    dialed = asyncio.create_task(needed.dialer.dial(dial))
    pointless = asyncio.create_task(_until_pointless(needed, claim))
    try:
        await asyncio.wait([dialed, pointless], return_when=asyncio.FIRST_COMPLETED)
        if dialed.done():
            return dialed.result()
        if pointless.result():
            await _stop(needed, dial, dialed)
        return None
    finally:
        # Where this process ends, the dial goes on in LiveKit, and whoever comes next asks the room.
        dialed.cancel()
        pointless.cancel()
        await asyncio.gather(dialed, pointless, return_exceptions=True)


async def _until_pointless(needed: means.Means, claim: rows.Dial) -> bool:
    """Wait until the call is over, or is in other hands; whether it is over."""
    async with needed.wakeups.following(claim.call_id) as subscription:
        while True:
            try:
                await readiness.look(needed, claim)
            except records.Lost as error:
                return isinstance(error, records.Over)
            except errors.Unavailable as error:
                _log.warning("a call that rings cannot be looked at", call_id=claim.call_id, error=error.public_code)
            await subscription.wait(_LOOK_S)


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

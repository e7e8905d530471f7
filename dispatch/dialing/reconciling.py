"""How a dial went that we did not see through to its end: the room tells, as long as there is one.

A phone that may have been dialed is never dialed again. What the room does not tell, nobody knows.
"""

from __future__ import annotations

import asyncio
import datetime as dt

import structlog

from callcore import calls, transfers
from dispatch.dialing import means
from dispatch.livekit import dialing, rooms
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows

_LOOK_S = 1.0
_LOOKS = 2  # that find no leg; one alone may fall into a restart of LiveKit

_UNKNOWN = dialing.Answer(result=transfers.AttemptResult.UNKNOWN)
_NO_ANSWER = dialing.Answer(result=transfers.AttemptResult.NO_ANSWER)
_ANSWERED = dialing.Answer(result=transfers.AttemptResult.ANSWERED, sip_status_code=200)

_log = structlog.get_logger(__name__)


async def find_out(needed: means.Means, claim: rows.Dial) -> dialing.Answer | None:
    """How the dial ended, once that is known; None where the call has ended, or is in progress by its job's word.

    While LiveKit is out, nothing is decided.
    """
    missed = 0
    while True:
        async with needed.store.reading() as tx:
            call = (await call_rows.get(tx, claim.call_id)).call
            dial = await rows.get(tx, claim.call_id)
        if dial is None or not dial.is_of(claim) or call.status in (calls.Status.IN_PROGRESS, calls.Status.ENDED):
            return None
        try:
            leg = await _leg(needed, claim)
            if leg is not None and dialing.stage_of(leg) is dialing.Stage.CONNECTED:
                return _ANSWERED
            missed = missed + 1 if leg is None else 0
            if missed >= _LOOKS:
                return _UNKNOWN
            if leg is not None and _has_rung(dial, needed.clock.now()):
                await needed.dialer.give_up(claim.call_id, claim.identity)
                return _NO_ANSWER
        except rooms.LiveKitUnavailable as error:
            missed = 0
            _log.warning("a dial cannot be looked at", call_id=claim.call_id, error=error.message)
        await asyncio.sleep(_LOOK_S)


async def _leg(needed: means.Means, claim: rows.Dial) -> rooms.Participant | None:
    present = await needed.livekit.participants(claim.call_id)
    return next((someone for someone in present if someone.identity == claim.identity), None)


def _has_rung(dial: rows.Dial, now: dt.datetime) -> bool:
    longest = dt.timedelta(seconds=dial.ringing_timeout_s + transfers.SETTLE_S)
    return now - (dial.dialed_at or dial.due_at) > longest

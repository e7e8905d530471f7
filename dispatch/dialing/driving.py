"""Places one call: from a claim to somebody on the line, or to the reason why there is nobody."""

from __future__ import annotations

import asyncio
import datetime as dt

import structlog

from callcore import dials, endings, transfers
from dispatch.dialing import means, obstacles, orders, permitting, preparing, readiness, reconciling, records, ringing
from dispatch.livekit import dialing
from dispatch.store import dials as rows
from dispatch.store import engine

_TOO_LATE = dt.timedelta(minutes=15)  # after an outage: people were promised another time, or none
_MARGIN_S = 60.0  # the job ends a call at its limit; LiveKit does where nobody else has
_KEEP_S = 300.0  # for the store to take how a phone answered, which nobody can tell it later
_AGAIN_S = 0.5

_log = structlog.get_logger(__name__)


class Driver:
    """Drives dials, each in a task of its own."""

    def __init__(self, needed: means.Means) -> None:
        self._means = needed

    async def drive(self, claim: rows.Dial, *, is_permitted: bool) -> None:
        """Place a call that was not dialed yet, or find out how it went where it may have been.

        Args:
            claim: the row, as it was claimed.
            is_permitted: the gate was asked in the transaction of the claim.
        """
        anew = await self._drive(claim, is_permitted=is_permitted, is_last=False)
        if anew is not None:
            await self._drive(anew, is_permitted=True, is_last=True)

    async def _drive(self, claim: rows.Dial, *, is_permitted: bool, is_last: bool) -> rows.Dial | None:
        """The claim for one more try, where there is to be one."""
        try:
            if claim.state is rows.State.DIALING:
                await self._finish(claim, await reconciling.find_out(self._means, claim))
                return None
            return await self._place(claim, is_permitted=is_permitted, is_last=is_last)
        except records.Lost:
            if await self._means.records.close(claim):
                # Whatever was under way when the call ended may have come after its room was closed.
                await self._means.closer.close_now(claim.call_id)
            return None

    async def _place(self, claim: rows.Dial, *, is_permitted: bool, is_last: bool) -> rows.Dial | None:
        try:
            if self._means.clock.now() - claim.due_at > _TOO_LATE:
                raise obstacles.Obstacle("it is too late for this call", obstacles.NO_ROOM)
            order = orders.order_of(claim)
            if is_permitted or await permitting.permit(self._means, claim, order):
                await self._try(claim, order)
        except obstacles.Obstacle as obstacle:
            if isinstance(obstacle, obstacles.JobLate) and not is_last:
                return await self._means.records.again(claim)
            _log.error("a call is not placed", call_id=claim.call_id, why=obstacle.message)
            await self._means.records.ended(claim, obstacle.termination)
        return None

    async def _try(self, claim: rows.Dial, order: orders.Order) -> None:
        # The job takes longer to start than its plan does to make.
        await readiness.open_room(self._means, claim, order)
        way = await preparing.prepare(self._means, claim, order)
        dial = dialing.Dial(
            room_name=claim.call_id,
            identity=claim.identity,
            route=dialing.as_caller(way, order.caller),
            ringing_timeout_s=claim.ringing_timeout_s,
            longest_s=order.max_duration_s + _MARGIN_S,
        )
        with self._means.words.awaited(claim) as ear:
            await readiness.until_ready(self._means, claim, ear)
            await self._means.records.begin(claim, ear.said)
            ear.is_heeded = True
        answer = await ringing.ring(self._means, dial, claim)
        if answer is not None and (answer.result is transfers.AttemptResult.UNKNOWN or answer.is_early):
            answer = await reconciling.find_out(self._means, claim)
        await self._finish(claim, answer)

    async def _finish(self, claim: rows.Dial, answer: dialing.Answer | None) -> None:
        """Put down how the phone answered; None where the call went on, or ended, without us."""
        if answer is None:
            raise records.Lost
        deadline = asyncio.get_running_loop().time() + _KEEP_S
        while True:
            try:
                return await self._put_down(claim, answer)
            except engine.StoreUnavailable:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
            await asyncio.sleep(_AGAIN_S)

    async def _put_down(self, claim: rows.Dial, answer: dialing.Answer) -> None:
        if answer.result is transfers.AttemptResult.ANSWERED:
            call = await self._means.records.answered(claim)
            if call.is_over:
                raise records.Lost
            return
        is_unknown = answer.result is transfers.AttemptResult.UNKNOWN
        await self._means.records.ended(claim, _termination(answer), inferred=is_unknown)


def _termination(answer: dialing.Answer) -> endings.Termination:
    if answer.result is transfers.AttemptResult.UNAVAILABLE and answer.sip_status_code is None:
        return obstacles.NO_ROOM  # it was LiveKit that could not be reached, and not the callee
    return dials.termination(answer.result, sip_status_code=answer.sip_status_code, sip_status=answer.sip_status)

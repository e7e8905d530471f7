"""Places one call: from a claim to somebody on the line, or to the reason why there is nobody."""

from __future__ import annotations

import datetime as dt

import structlog
from sqlalchemy.ext import asyncio as sa_async

from callcore import dials, endings, errors, transfers
from dispatch import contacts, gate
from dispatch.dialing import means, orders, readiness, reconciling, records, ringing
from dispatch.livekit import dialing
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows
from dispatch.transfers import destinations
from sip_config import configurations
from sip_config.sessions import planning
from sip_config.templates import variables

_TOO_LATE = dt.timedelta(minutes=15)  # after an outage: people were promised another time, or none
_MARGIN_S = 60.0  # the job ends a call at its limit; LiveKit does where nobody else has

_NO_JOB = endings.Termination(reason=endings.Reason.WORKER_LOST, ended_by=endings.EndedBy.SYSTEM)
_NO_ROOM = endings.Termination(reason=endings.Reason.PLATFORM_LOST, ended_by=endings.EndedBy.SYSTEM)
_OUR_FAULT = endings.Termination(reason=endings.Reason.INTERNAL_ERROR, ended_by=endings.EndedBy.SYSTEM)
_NO_NUMBER = dials.termination(transfers.AttemptResult.INVALID_NUMBER)

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
        try:
            if claim.state is rows.State.DIALING:
                await self._finish(claim, await reconciling.find_out(self._means, claim))
            else:
                await self._place(claim, is_permitted=is_permitted)
        except records.Lost:
            if await self._means.records.close(claim):
                # Whatever was under way when the call ended may have come after its room was closed.
                await self._means.closer.close_now(claim.call_id)

    async def _place(self, claim: rows.Dial, *, is_permitted: bool) -> None:
        if self._means.clock.now() - claim.due_at > _TOO_LATE:
            await self._end(claim, _NO_ROOM, "it is too late for this call")
            return
        configuration, order = self._means.board.configuration, orders.order_of(claim)
        if not is_permitted and not await self._is_permitted(claim, order, configuration):
            return
        way = await self._prepare(claim, order, configuration)
        if way is None:
            return
        match await readiness.meet(self._means, claim, order):
            case readiness.Met.NO_JOB:
                await self._end(claim, _NO_JOB, "no worker got ready")
            case readiness.Met.NO_ROOM:
                await self._end(claim, _NO_ROOM, "LiveKit is out")
            case readiness.Met.READY:
                await self._dial(claim, order, way)

    async def _is_permitted(
        self, claim: rows.Dial, order: orders.Order, configuration: configurations.Configuration
    ) -> bool:
        """Ask the gate again: since the call was accepted the list, the hour and the configuration may have changed."""
        try:
            wish = orders.wish_of(claim, order, configuration)

            async def ask(tx: sa_async.AsyncConnection) -> None:
                gate.check(configuration, wish)
                await gate.admit(tx, configuration, wish, self._means.hours.now())
                await gate.reserve(tx, configuration, wish, self._means.clock.now())

            await self._means.records.permitted(claim, ask)
        except errors.PolicyRefused as refused:
            gate.note_refusal(self._means.counters, refused, gate.Stage.CLAIM, claim.call_id)
            await self._means.records.refused(claim, refused)
            return False
        except errors.InvalidNumber:
            await self._end(claim, _NO_NUMBER, "there is no such number")
            return False
        except errors.BadInput as error:
            await self._end(claim, _OUR_FAULT, error.public_code)
            return False
        return True

    async def _prepare(
        self, claim: rows.Dial, order: orders.Order, configuration: configurations.Configuration
    ) -> dialing.Route | None:
        """Keep the plan, and know the way to the phone; None where the call had to end."""
        number = configuration.numbers[order.caller]
        try:
            contact, fields = await self._introduction(claim)
            session = order.session(number, claim.to, contact=contact, fields=fields)
            plan = planning.plan(configuration, session, self._means.hours.now())
            found = destinations.way(claim.to, configuration.trunks[number.trunk].outbound)
        except errors.BadInput as error:
            # It was right when the call was accepted; the configuration is another one by now.
            await self._end(claim, _OUR_FAULT, error.public_code)
            return None
        await self._means.records.keep_plan(claim, plan)
        return found

    async def _introduction(self, claim: rows.Dial) -> tuple[variables.Contact, dict[str, str]]:
        async with self._means.store.reading() as tx:
            contact_id = (await call_rows.get(tx, claim.call_id)).call.contact_id
            if contact_id is None:
                return variables.Contact(), {}
            zone = self._means.board.configuration.organization.time_zone
            contact, fields = await contacts.context(tx, contact_id, before_call_id=claim.call_id, time_zone=zone)
            return contact, dict(fields)

    async def _dial(self, claim: rows.Dial, order: orders.Order, way: dialing.Route) -> None:
        dial = dialing.Dial(
            room_name=claim.call_id,
            identity=claim.identity,
            route=dialing.as_caller(way, order.caller),
            ringing_timeout_s=claim.ringing_timeout_s,
            longest_s=order.max_duration_s + _MARGIN_S,
        )
        await self._means.records.begin(claim)
        answer = await ringing.ring(self._means, dial, claim)
        if answer is not None and answer.result is transfers.AttemptResult.UNKNOWN:
            answer = await reconciling.find_out(self._means, claim)
        await self._finish(claim, answer)

    async def _finish(self, claim: rows.Dial, answer: dialing.Answer | None) -> None:
        """Put down how the phone answered; None where the call went on, or ended, without us."""
        if answer is None:
            raise records.Lost
        if answer.result is transfers.AttemptResult.ANSWERED:
            call = await self._means.records.answered(claim)
            if call.is_over:
                raise records.Lost
            return
        is_unknown = answer.result is transfers.AttemptResult.UNKNOWN
        await self._means.records.ended(claim, _termination(answer), inferred=is_unknown)

    async def _end(self, claim: rows.Dial, termination: endings.Termination, why: str) -> None:
        _log.error("a call is not placed", call_id=claim.call_id, why=why)
        await self._means.records.ended(claim, termination)


def _termination(answer: dialing.Answer) -> endings.Termination:
    if answer.result is transfers.AttemptResult.UNAVAILABLE and answer.sip_status_code is None:
        return _NO_ROOM  # it was LiveKit that could not be reached, and not the callee
    return dials.termination(answer.result, sip_status_code=answer.sip_status_code, sip_status=answer.sip_status)

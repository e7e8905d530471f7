"""Carries one transfer out: dial, wait, and put down how it went; or find out how it went before we were there."""

from __future__ import annotations

import asyncio
import dataclasses

import structlog
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, clock, contract, errors, transfers
from dispatch import closing, gate, metrics, switchboard, wakeups
from dispatch.livekit import dialing, rooms
from dispatch.store import briefs, engine
from dispatch.store import calls as call_rows
from dispatch.transfers import destinations, records

_log = structlog.get_logger(__name__)

_LOOK_S = 1.0  # at the store and the room, for what nobody tells us; the ends of calls are told
_STOP_S = 0.3  # a leg joins 20 to 50 ms after the request, and leaves 10 ms after it is told to
_STOP_TRIES = 10

_CANCELLED = dialing.Answer(result=transfers.AttemptResult.CANCELLED)
_UNKNOWN = dialing.Answer(result=transfers.AttemptResult.UNKNOWN)
_NO_ANSWER = dialing.Answer(result=transfers.AttemptResult.NO_ANSWER)
_ANSWERED = dialing.Answer(result=transfers.AttemptResult.ANSWERED, sip_status_code=200)
_NO_WAY = dialing.Answer(result=transfers.AttemptResult.INVALID_NUMBER)
_REFUSED = dialing.Answer(result=transfers.AttemptResult.REFUSED)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Means:
    """What driving needs."""

    store: engine.Store
    records: records.Records
    dialer: dialing.Dialer
    livekit: rooms.Rooms
    closer: closing.Closer
    board: switchboard.Switchboard
    wakeups: wakeups.Wakeups
    counters: metrics.Metrics
    clock: clock.Clock


class Driver:
    """Drives transfers, each in a task of its own."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def carry_out(self, transfer: transfers.Transfer, plan: contract.Forward) -> None:
        """Dial the destination of a transfer that was just requested."""
        call = (await self._entry(transfer.call_id)).call
        try:
            route = destinations.route(self._means.board.configuration, call, plan.to)
            transfer = await self._begin(transfer, call, plan.to)
        except errors.BadInput as error:
            _log.error("a forward cannot be dialed", call_id=call.id, why=error.message)
            await self._finish(transfer, call, _NO_WAY, None)
            return
        except errors.PolicyRefused as refused:
            gate.note_refusal(self._means.counters, refused, gate.Stage.TRANSFER, call.id)
            await self._finish(transfer, call, _REFUSED, None, rule=refused.code)
            return
        if transfer.state.is_final or transfer.identity is None:
            return  # the caller was faster
        dial = dialing.Dial(
            room_name=call.room_name,
            identity=transfer.identity,
            transfer_id=transfer.id,
            route=route,
            ringing_timeout_s=min(plan.ringing_timeout_s, route.longest_ringing_s),
        )
        began = self._means.clock.monotonic()
        answer = await self._ring(dial, call)
        if answer.result is transfers.AttemptResult.UNKNOWN:
            answer = await self._find_out(transfer, call, plan)
        await self._finish(transfer, call, answer, self._means.clock.monotonic() - began)

    async def take_up(self, transfer: transfers.Transfer) -> None:
        """Bring a transfer to its end that another process, or a task that failed, has left behind."""
        async with self._means.store.reading() as tx:
            call = (await call_rows.get(tx, transfer.call_id)).call
            plan = (await briefs.get(tx, transfer.call_id)).plan
        if call.is_over:
            answer = _CANCELLED
        elif transfer.state is transfers.State.DIALING and isinstance(plan, contract.Forward):
            answer = await self._find_out(transfer, call, plan)
        else:
            answer = _UNKNOWN  # nothing was dialed, and by now the caller has been offered something else
        await self._finish(transfer, call, answer, None)

    async def _begin(self, transfer: transfers.Transfer, call: calls.Call, to: str) -> transfers.Transfer:
        """Let the dial pass the gate, and put down that it begins.

        It is reserved as long as any call that we place may last, and counts longer where it lasts longer.

        Raises:
            BadInput: it leads nowhere.
            PolicyRefused: it must not be dialed now, or ever.
        """
        configuration = self._means.board.configuration
        wish = gate.Wish(
            to=to,
            number=destinations.sender(configuration, call),
            kind=gate.Kind.TRANSFER,
            key=None,
            call_id=call.id,
            minutes=configuration.dialing.max_duration.total_seconds() / 60,
        )
        gate.check(configuration, wish)

        async def reserve(tx: sa_async.AsyncConnection) -> None:
            await gate.reserve(tx, configuration, wish, self._means.clock.now())

        return await self._means.records.begin_dialing(transfer, to, reserve)

    async def _finish(
        self,
        transfer: transfers.Transfer,
        call: calls.Call,
        answer: dialing.Answer,
        seconds: float | None,
        *,
        rule: str | None = None,
    ) -> None:
        finished = await self._means.records.finish(transfer, answer, seconds, rule=rule)
        self._means.counters.transfers.labels(kind=transfer.kind.value, result=answer.result.value).inc()
        _log.info("a transfer is over", call_id=call.id, transfer_id=transfer.id, result=answer.result.value)
        if finished.state is transfers.State.CANCELLED and answer.result is transfers.AttemptResult.ANSWERED:
            self._means.closer.start(call.room_name)  # picked up in the moment in which the caller went

    async def _ring(self, dial: dialing.Dial, call: calls.Call) -> dialing.Answer:
        dialed = asyncio.create_task(self._means.dialer.dial(dial))
        pointless = asyncio.create_task(self._caller_gone(call.id))
        try:
            await asyncio.wait([dialed, pointless], return_when=asyncio.FIRST_COMPLETED)
            if not dialed.done():
                await self._stop(dial, dialed)
                return _CANCELLED
            answer = dialed.result()
        finally:
            # Where this process ends, the dial goes on in LiveKit, and whoever comes next asks the room.
            dialed.cancel()
            pointless.cancel()
            await asyncio.gather(dialed, pointless, return_exceptions=True)
        if answer.result is transfers.AttemptResult.NO_ANSWER and not await self._has_caller(call):
            return _CANCELLED  # LiveKit says the same of a dial whose room went away
        return answer

    async def _caller_gone(self, call_id: str) -> None:
        """Wait until there is nobody to connect: the call is over, or is to be, or the caller's leg has left."""
        async with self._means.wakeups.following(call_id) as subscription:
            while True:
                entry = await self._entry(call_id)
                if entry.call.is_over or entry.hangup_requested_at is not None or entry.leg_left_at is not None:
                    return
                await subscription.wait(_LOOK_S)

    async def _stop(self, dial: dialing.Dial, dialed: asyncio.Task[dialing.Answer]) -> None:
        for _ in range(_STOP_TRIES):
            try:
                await self._means.dialer.give_up(dial.room_name, dial.identity)
            except rooms.LiveKitUnavailable as error:
                _log.warning("a phone could not be stopped from ringing", error=error.message)
            await asyncio.wait([dialed], timeout=_STOP_S)
            if dialed.done():
                return

    async def _find_out(self, transfer: transfers.Transfer, call: calls.Call, plan: contract.Forward) -> dialing.Answer:
        """How a dial ends that we only see in the room. Nothing is decided while LiveKit is out."""
        identity = transfer.identity or ""
        limit_s = plan.ringing_timeout_s + transfers.SETTLE_S
        while True:
            try:
                answer = await self._seen(call, identity)
                # Only a phone that is seen ringing is stopped: during an outage it may have been picked up.
                if answer is None and (self._means.clock.now() - transfer.created_at).total_seconds() >= limit_s:
                    await self._means.dialer.give_up(call.room_name, identity)
                    return _NO_ANSWER
            except rooms.LiveKitUnavailable as error:
                _log.warning("a transfer cannot be looked at", call_id=call.id, error=error.message)
                answer = None
            if answer is not None:
                return answer
            await asyncio.sleep(_LOOK_S)

    async def _seen(self, call: calls.Call, identity: str) -> dialing.Answer | None:
        """What the room says of a dial; None while that is nothing yet.

        Raises:
            LiveKitUnavailable: the room cannot be looked at.
        """
        present = await self._means.livekit.participants(call.room_name)
        leg = next((someone for someone in present if someone.identity == identity), None)
        if leg is None:
            return _UNKNOWN if rooms.has_caller(present) else _CANCELLED
        if not rooms.has_caller(present):
            await self._means.dialer.give_up(call.room_name, identity)
            return _CANCELLED
        return _ANSWERED if dialing.stage_of(leg) is dialing.Stage.CONNECTED else None

    async def _has_caller(self, call: calls.Call) -> bool:
        try:
            return rooms.has_caller(await self._means.livekit.participants(call.room_name))
        except rooms.LiveKitUnavailable:
            return True

    async def _entry(self, call_id: str) -> call_rows.Entry:
        async with self._means.store.reading() as tx:
            return await call_rows.get(tx, call_id)

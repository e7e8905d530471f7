"""One destination that is dialed into the call's room: until it is picked up, or not, or nobody wants it any more."""

from __future__ import annotations

import asyncio

import structlog

from callcore import clock, transfer_steps, transfer_wishes, transfers
from dispatch.livekit import dialing, rooms
from dispatch.transfers import absences, means, sights

_log = structlog.get_logger(__name__)

_STOP_S = 0.3  # a leg joins 20 to 50 ms after the request, and leaves 10 ms after it is told to
_STOP_TRIES = 10
_EMPTY_S = 15.0  # nobody in the room: LiveKit was started again, and all come back after some 5 s


class Ringing:
    """Has phones ring."""

    def __init__(self, parts: means.Means) -> None:
        self._means = parts
        self._eyes = sights.Eyes(parts)

    async def ring(
        self, transfer: transfers.Transfer, destination: transfer_wishes.Destination, dial: dialing.Dial
    ) -> transfers.Transfer:
        """Dial for an attempt that this process has just put down; the transfer as it is after that.

        Where this process ends, the dial goes on in LiveKit, and whoever comes next asks the room.
        """
        dialed = asyncio.create_task(self._means.dialer.dial(dial))
        settled = asyncio.create_task(self._eyes.until(transfer, lambda sight: _is_settled(sight, transfer)))
        try:
            await asyncio.wait([dialed, settled], return_when=asyncio.FIRST_COMPLETED)
            if not dialed.done():
                return await self._settle(transfer, settled.result(), dialed)
            answer = dialed.result()
        finally:
            dialed.cancel()
            settled.cancel()
            await asyncio.gather(dialed, settled, return_exceptions=True)
        return await self._answered(transfer, destination, dial.room_name, answer)

    async def find_out(
        self, transfer: transfers.Transfer, destination: transfer_wishes.Destination | None
    ) -> transfers.Transfer:
        """How an attempt ends that we only see in the room. Nothing is decided while LiveKit is out."""
        rings_s = destination.ringing_timeout_s if destination is not None else None
        watch = _Watch(transfer, (rings_s or transfer_wishes.MAX_RINGING_S) + transfers.SETTLE_S, self._means.clock)
        sight = await self._eyes.until(transfer, watch.is_settled, into_room=True)
        if sight.is_pointless or not sight.goes_on(transfer):
            return await self._settle(transfer, sight)
        fact = watch.fact(sight)
        if isinstance(fact, transfer_steps.PickedUp):
            return await self._picked_up(transfer, sight.entry.call.room_name, fact)
        after = await self._means.records.put(transfer, fact)
        await self.give_up(sight.entry.call.room_name, transfer.identity)
        return after

    async def give_up(
        self, room_name: str, identity: str | None, dialed: asyncio.Task[dialing.Answer] | None = None
    ) -> None:
        """Have a leg leave; where it is being dialed, until that is over. Without LiveKit it is given up for lost."""
        if identity is None:
            return
        for _ in range(_STOP_TRIES):
            try:
                await self._means.dialer.give_up(room_name, identity)
                is_done = dialed is None
            except rooms.LiveKitUnavailable as error:
                _log.warning("a phone could not be hung up", error=error.message)
                is_done = False
            if is_done:
                return
            if dialed is None:
                await asyncio.sleep(_STOP_S)
                continue
            await asyncio.wait([dialed], timeout=_STOP_S)
            if dialed.done():
                return

    async def _settle(
        self,
        transfer: transfers.Transfer,
        sight: sights.Sight,
        dialed: asyncio.Task[dialing.Answer] | None = None,
    ) -> transfers.Transfer:
        """What somebody else did meanwhile: the job saw the phone picked up, or nobody wants it picked up any more."""
        after = sight.transfer
        if sight.is_pointless and sight.goes_on(transfer):
            after = await self._means.records.put(transfer, transfer_steps.Cancelled(at=self._means.clock.now()))
        if not _is_up(after, transfer):
            await self.give_up(sight.entry.call.room_name, transfer.identity, dialed)
        return after

    async def _answered(
        self,
        transfer: transfers.Transfer,
        destination: transfer_wishes.Destination,
        room_name: str,
        answer: dialing.Answer,
    ) -> transfers.Transfer:
        now, attempt = self._means.clock.now(), transfer.attempt
        if answer.is_early:  # it could have rung on: LiveKit was started again, or the room went away
            return await self.find_out(transfer, destination)
        match answer.result:
            case transfers.AttemptResult.UNKNOWN:
                return await self.find_out(transfer, destination)
            case transfers.AttemptResult.ANSWERED:
                picked_up = transfer_steps.PickedUp(at=now, attempt=attempt, sip_status_code=answer.sip_status_code)
                return await self._picked_up(transfer, room_name, picked_up)
            case transfers.AttemptResult.NO_ANSWER if not await self._has_caller(transfer):
                # LiveKit says the same of a dial whose room went away.
                return await self._means.records.put(transfer, transfer_steps.Cancelled(at=now))
        failed = transfer_steps.AttemptFailed(
            at=now, attempt=attempt, result=answer.result, sip_status_code=answer.sip_status_code
        )
        return await self._means.records.put(transfer, failed)

    async def _picked_up(
        self, transfer: transfers.Transfer, room_name: str, fact: transfer_steps.PickedUp
    ) -> transfers.Transfer:
        after = await self._means.records.put(transfer, fact)
        if not _is_up(after, transfer):  # in the moment in which the caller went, or an operator called it off
            await self.give_up(room_name, transfer.identity)
        return after

    async def _has_caller(self, transfer: transfers.Transfer) -> bool:
        sight = await self._eyes.look(transfer, into_room=True)
        return sight.present is None or rooms.has_caller(sight.present)


class _Watch:
    """What the room says of a dial, look after look."""

    def __init__(self, transfer: transfers.Transfer, rings_s: float, timepiece: clock.Clock) -> None:
        self._transfer = transfer
        self._rings_s = rings_s
        self._clock = timepiece
        self._leg, self._caller = absences.Absence(), absences.Absence()

    def is_settled(self, sight: sights.Sight) -> bool:
        if _is_settled(sight, self._transfer):
            return True
        if sight.present is None:
            self._leg, self._caller = absences.Absence(), absences.Absence()
            return False
        now_s = asyncio.get_running_loop().time()
        leg_s = self._leg.lasts(now_s, is_missing=sight.stage is None)
        caller_s = self._caller.lasts(now_s, is_missing=not rooms.has_caller(sight.present))
        if sight.stage is None and not rooms.has_caller(sight.present):
            return min(leg_s, caller_s) >= _EMPTY_S
        is_missing = max(leg_s, caller_s) >= absences.CONFIRM_S
        return is_missing or sight.stage is dialing.Stage.CONNECTED or self._has_rung_out(sight)

    def fact(self, sight: sights.Sight) -> transfer_steps.Fact:
        """What follows from a sight that settles it."""
        now, attempt = self._clock.now(), self._transfer.attempt
        if not rooms.has_caller(sight.present or ()):
            return transfer_steps.Cancelled(at=now)
        if sight.stage is dialing.Stage.CONNECTED:
            return transfer_steps.PickedUp(at=now, attempt=attempt)
        is_gone = sight.stage is None
        result = transfers.AttemptResult.UNKNOWN if is_gone else transfers.AttemptResult.NO_ANSWER
        return transfer_steps.AttemptFailed(at=now, attempt=attempt, result=result)

    def _has_rung_out(self, sight: sights.Sight) -> bool:
        """Only a phone that is seen ringing is stopped: during an outage it may have been picked up."""
        began = self._transfer.attempts[-1].began_at or self._transfer.updated_at
        is_late = (self._clock.now() - began).total_seconds() >= self._rings_s
        return is_late and sight.stage is dialing.Stage.RINGING


def _is_settled(sight: sights.Sight, known: transfers.Transfer) -> bool:
    return sight.is_pointless or not sight.goes_on(known)


def _is_up(now: transfers.Transfer, known: transfers.Transfer) -> bool:
    """Whether the leg of an attempt is wanted, as somebody picked up."""
    is_wanted = now.state in (transfers.State.CONSULTING, transfers.State.BRIDGED)
    return is_wanted and now.attempt == known.attempt

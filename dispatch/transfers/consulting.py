"""A destination has picked up and is asked by the call's job whether they take the call."""

from __future__ import annotations

import asyncio

from callcore import clock, transfer_steps, transfers
from dispatch.transfers import absences, means, permits, ringing, sights

_MERGE_S = 5.0  # from the moment in which the destination takes the call; a job needs some 10 ms


class Consulting:
    """Waits for what the job says, and for no longer than a conversation may take."""

    def __init__(self, parts: means.Means, bell: ringing.Ringing) -> None:
        self._means = parts
        self._eyes = sights.Eyes(parts)
        self._ringing = bell

    async def wait(self, transfer: transfers.Transfer) -> transfers.Transfer:
        """The transfer as it is once they hear each other, or the destination is not asked any more."""
        watch = _Watch(transfer, self._means.clock)
        sight = await self._eyes.until(transfer, watch.is_settled, into_room=True)
        after = sight.transfer
        if sight.goes_on(transfer) and (fact := watch.fact(sight)) is not None:
            after = await self._means.records.put(transfer, fact)
        if after.state is not transfers.State.BRIDGED:
            await self._ringing.give_up(sight.entry.call.room_name, transfer.identity)
        return after


class _Watch:
    """How long things have been so, look after look."""

    def __init__(self, transfer: transfers.Transfer, timepiece: clock.Clock) -> None:
        self._transfer = transfer
        self._clock = timepiece
        self._leg, self._merging = absences.Absence(), absences.Absence()
        self._began_s = asyncio.get_running_loop().time()

    def is_settled(self, sight: sights.Sight) -> bool:
        return not sight.goes_on(self._transfer) or self.fact(sight) is not None

    def fact(self, sight: sights.Sight) -> transfer_steps.Fact | None:
        """What follows from a sight; None while they talk."""
        now, now_s = self._clock.now(), asyncio.get_running_loop().time()
        if sight.is_pointless:
            return transfer_steps.Cancelled(at=now)
        is_gone = sight.present is not None and sight.stage is None
        if self._leg.lasts(now_s, is_missing=is_gone) >= absences.CONFIRM_S:  # its job says so sooner
            return self._failed(transfers.AttemptResult.HUNG_UP)
        merging_s = self._merging.lasts(now_s, is_missing=sight.transfer.accepted_at is not None)
        if merging_s >= _MERGE_S or now_s - self._began_s >= permits.CONSULTATION_S:
            return self._failed(transfers.AttemptResult.UNRESPONSIVE)
        return None

    def _failed(self, result: transfers.AttemptResult) -> transfer_steps.Fact:
        return transfer_steps.AttemptFailed(at=self._clock.now(), attempt=self._transfer.attempt, result=result)

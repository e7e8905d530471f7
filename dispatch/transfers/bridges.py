"""After the bridge: a call whose job has left goes on by itself, and ends here, when either leaves or time is up."""

from __future__ import annotations

import asyncio
import datetime as dt

import structlog
from sqlalchemy.ext import asyncio as sa_async

from callcore import endings, transfers, transitions
from dispatch.store import calls as call_rows
from dispatch.store import transfers as rows
from dispatch.transfers import absences, means, partings, sights

_log = structlog.get_logger(__name__)

_LOOK_S = 2.0  # while both are there, and LiveKit's webhooks do not come


class Bridges:
    """Watches transferred calls."""

    def __init__(self, parts: means.Means) -> None:
        self._means = parts
        self._eyes = sights.Eyes(parts)

    async def watch(self, transfer: transfers.Transfer, longest_s: float) -> None:
        """Wait for the end of a transferred call, and end it; or until its job has taken the caller back.

        Raises:
            StoreUnavailable: nothing can be seen.
        """
        loop = asyncio.get_running_loop()
        parting = partings.Parting(loop.time())
        until = (transfer.bridged_at or transfer.updated_at) + dt.timedelta(seconds=longest_s)
        async with self._means.wakeups.following(transfer.call_id) as subscription:
            while True:
                sight = await self._eyes.look(transfer, into_room=True)
                if sight.entry.call.is_over or sight.transfer.state is not transfers.State.BRIDGED:
                    return
                look = partings.Look(
                    entry=sight.entry,
                    present=sight.present,
                    identity=transfer.identity,
                    is_too_long=self._means.clock.now() >= until,
                    at_s=loop.time(),
                )
                termination = parting.end(look)
                if termination is not None:
                    since = self._means.clock.now() - dt.timedelta(seconds=parting.missing_s(look.at_s))
                    await self._end(transfer, termination, since)
                    return
                await subscription.wait(_LOOK_S if parting.is_well else absences.CONFIRM_S)

    async def _end(self, transfer: transfers.Transfer, termination: endings.Termination, since: dt.datetime) -> None:
        """End the call, unless its job has done so, or has the caller back. That closes the room and its legs."""

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            now = await rows.get(tx, transfer.call_id, transfer.id)
            if entry.call.is_over or now.state is not transfers.State.BRIDGED:
                return ()
            at = entry.hangup_requested_at or entry.leg_left_at or since
            return (transitions.Ended(at=at, termination=termination),)

        call = await self._means.ledger.step(transfer.call_id, write)
        if call.is_over:
            _log.info("a transferred call is over", call_id=call.id, transfer_id=transfer.id)

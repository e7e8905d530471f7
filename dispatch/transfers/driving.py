"""Carries one transfer out, from whatever state it is in: so it is the same whether it was just wanted, or taken up."""

from __future__ import annotations

import structlog

from callcore import contract, errors, transfer_steps, transfer_wishes, transfers
from dispatch import gate
from dispatch.ledger import hops
from dispatch.store import briefs
from dispatch.store import calls as call_rows
from dispatch.transfers import (
    bridges,
    consulting,
    means,
    permits,
    refer_attempts,
    ringing,
    sights,
    summoning,
    tries,
)

_log = structlog.get_logger(__name__)

_HELD_S = 15.0  # for the job to tell the caller, and to put them on hold


class Driver:
    """Carries transfers out, each in a task of its own."""

    def __init__(self, parts: means.Means) -> None:
        self._means = parts
        self._eyes = sights.Eyes(parts)
        self._ringing = ringing.Ringing(parts)
        self._consulting = consulting.Consulting(parts, self._ringing)
        self._refers = refer_attempts.Refers(parts)
        self._bridges = bridges.Bridges(parts)

    async def begin(self, transfer: transfers.Transfer, story: permits.Story, permit: permits.Permit | None) -> None:
        """Carry out a transfer that this process let come into being, with the first attempt if that is put down."""
        if permit is not None:
            transfer = await self._try(transfer, story, permit)
        elif transfer.kind is transfers.Kind.FORWARD:
            transfer = await self._next(transfer, story)
        await self._finish(await self._drive(transfer, story), story)

    async def take_up(self, transfer: transfers.Transfer) -> None:
        """Go on with a transfer that another process, or a task that failed, has left behind."""
        story = await self._story(transfer)
        if story is None:
            await self._means.records.put(transfer, transfer_steps.Failed(at=self._means.clock.now()))
            return
        if transfer.state is transfers.State.BRIDGED:
            await self._bridges.watch(transfer, story.wish.longest_s)
            return
        if transfer.state is transfers.State.HOLDING:
            await self._ringing.give_up(story.call.room_name, transfer.identity)  # whoever failed may not have done so
        elif transfer.state is transfers.State.DIALING:
            transfer = await self._find_out(transfer, story)
        elif transfer.state is transfers.State.REQUESTED and transfer.kind is transfers.Kind.FORWARD:
            # By now the caller has been offered something else.
            transfer = await self._means.records.put(transfer, transfer_steps.Failed(at=self._means.clock.now()))
        await self._finish(await self._drive(transfer, story), story)

"""The steps of transfers, each as its row and its events of the call in one transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext import asyncio as sa_async

from callcore import clock, transfer_steps, transfers, transitions
from dispatch import wakeups
from dispatch.ledger import ledger
from dispatch.store import calls as call_rows
from dispatch.store import transfers as rows
from dispatch.transfers import taking

Deciding = Callable[[transfers.Transfer, call_rows.Entry], Sequence[transfer_steps.Fact]]
"""What is to be put down, by what the transaction sees. May raise; then nothing is."""
Admitting = Callable[[sa_async.AsyncConnection, call_rows.Entry], Awaitable[transfers.Transfer | None]]
"""The transfer that there is already; None where a new one may begin. Raises where none may."""
Alongside = Callable[[sa_async.AsyncConnection, transfers.Transfer], Awaitable[None]]
"""Writes what belongs to a transfer that was asked for; where it raises, none comes into being."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Opened:
    """A transfer that somebody asked for."""

    transfer: transfers.Transfer
    is_new: bool
    """It came into being by this."""


class Records:
    """Writes transfers down."""

    def __init__(self, book: ledger.Ledger, hints: wakeups.Wakeups, timepiece: clock.Clock) -> None:
        self._ledger = book
        self._wakeups = hints
        self._clock = timepiece

    async def open(
        self,
        transfer: transfers.Transfer,
        facts: Sequence[transfer_steps.Fact],
        *,
        admit: Admitting,
        reserve: taking.Reserving = taking.nothing,
        alongside: Alongside | None = None,
    ) -> Opened:
        """Let a transfer come into being with all that is known of it already, unless there is one that it repeats.

        Raises:
            NoSuchCall: there is no such call.
            PolicyRefused: `reserve` did; nothing was written. So it is with whatever `admit` and `alongside` raise.
        """
        opened: list[Opened] = []

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            before = await admit(tx, entry)
            if before is not None:
                taken = taking.Taken(transfer=before)
            else:
                taken = await taking.take(tx, transfer, facts, reserve)
                await rows.insert(tx, taken.transfer)
            if alongside is not None:
                await alongside(tx, taken.transfer)
            opened.append(Opened(transfer=taken.transfer, is_new=before is None))
            return taken.noted

        await self._ledger.step(transfer.call_id, write)
        return opened[-1]

    async def put(self, transfer: transfers.Transfer, *facts: transfer_steps.Fact) -> transfers.Transfer:
        """Put facts down; the transfer after them. Those that come too late change nothing."""
        return await self.decide(transfer.call_id, transfer.id, lambda *_: facts)

    async def begin(
        self, transfer: transfers.Transfer, facts: Sequence[transfer_steps.Fact], reserve: taking.Reserving
    ) -> transfers.Transfer | None:
        """Put down that a destination is tried from now on. Whoever put it down has it tried, and nobody does it again.

        None where the transfer is not as it was known any more, or its call is over.

        Raises:
            PolicyRefused: `reserve` did; nothing was put down.
        """
        began: list[bool] = []

        def deciding(before: transfers.Transfer, entry: call_rows.Entry) -> Sequence[transfer_steps.Fact]:
            began.append(before.version == transfer.version and not entry.call.is_over)
            return facts if began[-1] else ()

        after = await self.decide(transfer.call_id, transfer.id, deciding, reserve=reserve)
        return after if began[-1] else None

    async def decide(
        self, call_id: str, transfer_id: str, deciding: Deciding, *, reserve: taking.Reserving = taking.nothing
    ) -> transfers.Transfer:
        """Put down what is decided by what there is; the transfer after it.

        Args:
            call_id: of the call.
            transfer_id: which transfer of it.
            deciding: says what. Where the call is over the transfer is wound up instead, or stays as it ended.
            reserve: of the gate, for a dial that is among the facts.

        Raises:
            NoSuchCall, NoSuchTransfer: there is none.
            PolicyRefused: `reserve` did; nothing was put down. So it is with whatever `deciding` raises.
        """
        after: list[transfers.Transfer] = []

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            before = await rows.get(tx, call_id, transfer_id)
            facts, end = deciding(before, entry), entry.call.termination
            if end is not None:
                facts = () if before.state.is_final else taking.wound_up(before, end, self._clock.now())
            taken = await taking.take(tx, before, facts, reserve)
            if taken.transfer != before:
                await rows.update(tx, taken.transfer)
            after.append(taken.transfer)
            return taken.noted

        await self._ledger.step(call_id, write)
        self._wakeups.notify(call_id)
        return after[-1]

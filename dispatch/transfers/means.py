"""What carrying transfers out needs."""

from __future__ import annotations

import dataclasses
from typing import Protocol

from callcore import calls, clock, contract, transfer_wishes, transfers
from dispatch import metrics, switchboard, wakeups
from dispatch.ledger import ledger
from dispatch.livekit import dialing, referring, rooms
from dispatch.store import engine
from dispatch.transfers import records


class Summoner(Protocol):
    """Has jobs take part: `summoning.Summoner`."""

    async def summon(self, room_name: str, job_id: str, notice: contract.TransferNotice) -> None:
        """Tell the job of a room; raises `NoAgentAnswers` where it does not answer."""
        ...


class Referring(Protocol):
    """Has callers connected by their carriers: `referring.Referring`."""

    async def is_worth_trying(self, call: calls.Call, destination: transfer_wishes.Destination) -> bool:
        """Whether the caller's carrier is to be asked."""
        ...

    async def ask(
        self, transfer: transfers.Transfer, call: calls.Call, destination: transfer_wishes.Destination
    ) -> referring.Referral:
        """Ask it, and find out how that went."""
        ...

    async def watch(self, call: calls.Call, *, rings_s: float) -> referring.Referral:
        """How it went where it was asked by a process that is no more."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Means:
    """All of it."""

    store: engine.Store
    ledger: ledger.Ledger
    records: records.Records
    dialer: dialing.Dialer
    referring: Referring
    summoner: Summoner
    livekit: rooms.Rooms
    board: switchboard.Switchboard
    wakeups: wakeups.Wakeups
    counters: metrics.Metrics
    clock: clock.Clock

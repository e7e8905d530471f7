"""Takes facts into a transfer inside a transaction: what they change, what they cost, and the events that tell of them.

The row is the caller's to write, and the events are the ledger's to keep.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext import asyncio as sa_async

from callcore import contract, endings, transfer_steps, transfers, transitions
from dispatch import gate

Reserving = Callable[[sa_async.AsyncConnection], Awaitable[None]]
"""Takes up what a dial takes of the limits, or raises."""

_RESULTS = {
    contract.Seen.DECLINED: transfers.AttemptResult.DECLINED,
    contract.Seen.VOICEMAIL: transfers.AttemptResult.VOICEMAIL,
    contract.Seen.UNRESPONSIVE: transfers.AttemptResult.UNRESPONSIVE,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Taken:
    """What came of facts."""

    transfer: transfers.Transfer
    noted: tuple[transitions.Noted, ...] = ()
    """The events that tell of them; none where nothing changed."""


async def nothing(_: sa_async.AsyncConnection) -> None:
    """Reserves nothing: there is no dial among the facts."""


async def take(
    tx: sa_async.AsyncConnection,
    transfer: transfers.Transfer,
    facts: Sequence[transfer_steps.Fact],
    reserve: Reserving = nothing,
) -> Taken:
    """Take facts one after the other. Those that come too late, or again, change nothing.

    Raises:
        PolicyRefused: `reserve` did.
        IllegalTransition: the transfer's state does not allow one.
    """
    noted: list[transitions.Noted] = []
    for fact in facts:
        stepped = transfer_steps.step(transfer, fact)
        if stepped.event is None:
            continue
        held, holds = transfer.has_destination, stepped.transfer.has_destination
        if holds and not held:
            await reserve(tx)
        elif held and not holds:
            await gate.release_transfer(tx, transfer.call_id, fact.at)
        transfer = stepped.transfer
        noted.append(transitions.Noted(at=fact.at, type=stepped.event, data=stepped.data))
    return Taken(transfer=transfer, noted=tuple(noted))


def seen(transfer: transfers.Transfer, fact: contract.TransferFact, at: dt.datetime) -> tuple[transfer_steps.Fact, ...]:
    """What follows from what a job saw or did, with what it must have seen before: that may not have come through."""
    attempt = fact.attempt
    picked_up = transfer_steps.PickedUp(at=at, attempt=attempt)
    match fact.seen:
        case contract.Seen.HELD:
            return (transfer_steps.Held(at=at),)
        case contract.Seen.PICKED_UP:
            return (picked_up,)
        case contract.Seen.ACCEPTED:
            return (picked_up, transfer_steps.Accepted(at=at, attempt=attempt))
        case contract.Seen.MERGED:
            return merged(attempt, at)
        case contract.Seen.LEFT if transfer.state is not transfers.State.CONSULTING:
            return ()  # it was not answered, and whoever dials it knows why
        case contract.Seen.LEFT:
            hung_up = transfers.AttemptResult.HUNG_UP
            return (transfer_steps.AttemptFailed(at=at, attempt=attempt, result=hung_up),)
        case contract.Seen.LOST if attempt == transfer.attempt:
            return (*merged(attempt, at), transfer_steps.Lost(at=at))
        case contract.Seen.LOST:
            return ()
        case contract.Seen.RETURNED:
            return (transfer_steps.Returned(at=at),)
    failed = transfer_steps.AttemptFailed(at=at, attempt=attempt, result=_RESULTS[fact.seen])
    return (picked_up, failed)


def merged(attempt: int, at: dt.datetime) -> tuple[transfer_steps.Fact, ...]:
    """All that leads to the two hearing each other."""
    return (
        transfer_steps.PickedUp(at=at, attempt=attempt),
        transfer_steps.Accepted(at=at, attempt=attempt),
        transfer_steps.Merged(at=at, attempt=attempt),
    )


def wound_up(
    transfer: transfers.Transfer, end: endings.Termination, at: dt.datetime
) -> tuple[transfer_steps.Fact, ...]:
    """What becomes of a transfer whose call is over: it was called off, unless the call says itself that it was not."""
    if end.reason is endings.Reason.TRANSFERRED and transfer.is_attempting:
        return merged(transfer.attempt, at)  # its job saw the two connected, and parted again, before it was put down
    return (transfer_steps.Cancelled(at=at),)

"""How often a call was sent on and came back to a number of ours: a circle is not to run for ever.

A call that we send on says in its Diversion header how often that was. Carriers drop such headers, so a call to a
number that we are dialing for a transfer in this moment counts as that transfer's, too.
"""

from __future__ import annotations

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, contract, errors, numbers, transfers
from dispatch.store import briefs
from dispatch.store import transfers as transfer_rows

MOST = 3
"""A call that came back so often is not sent on to a number of ours again."""

TOO_MANY = "too_many_hops"
"""Code of the rule."""


async def of_call(tx: sa_async.AsyncConnection, call_id: str) -> int:
    """How many hops a call has made."""
    intake = (await briefs.get(tx, call_id)).intake
    return intake.hops if intake is not None else 0


async def counted(
    tx: sa_async.AsyncConnection, intake: contract.CallIntake, dialed: str | None, before: str | None = None
) -> contract.CallIntake:
    """An intake with all the hops that its call has made.

    Args:
        tx: any transaction.
        intake: as its job saw it.
        dialed: the number that was called, E.164.
        before: id of the call, where it is in the ledger already: what was counted when it arrived stands.
    """
    if intake.direction is not calls.Direction.INBOUND:
        return intake
    others = await of_call(tx, before) if before is not None else await _of_transfers(tx, dialed)
    return intake.model_copy(update={"hops": others}) if others > intake.hops else intake


async def _of_transfers(tx: sa_async.AsyncConnection, dialed: str | None) -> int:
    """One more than the call has made that is being sent on to this number now; 0 where none is."""
    if dialed is None:
        return 0
    under_way = await transfer_rows.unfinished(tx)
    parents = [transfer.call_id for transfer in under_way if transfer.is_attempting and _number(transfer) == dialed]
    return max([await of_call(tx, call_id) + 1 for call_id in parents], default=0)


def _number(transfer: transfers.Transfer) -> str | None:
    try:
        return numbers.from_sip(transfer.attempts[-1].to)
    except errors.InvalidNumber:
        return None

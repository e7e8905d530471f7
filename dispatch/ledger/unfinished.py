"""What a call that ends leaves unfinished: a transfer that is under way is over with it, in the same transaction."""

from __future__ import annotations

from sqlalchemy.ext import asyncio as sa_async

from callcore import transitions
from dispatch.store import transfers as rows
from dispatch.transfers import taking


async def wind_up(
    tx: sa_async.AsyncConnection, call_id: str, ended: transitions.Ended
) -> tuple[transitions.Noted, ...]:
    """Wind up the transfers of a call; the events that tell of it."""
    noted: list[transitions.Noted] = []
    for transfer in await rows.of_call(tx, call_id):
        if transfer.state.is_final:
            continue
        at = max(ended.at, transfer.updated_at)
        taken = await taking.take(tx, transfer, taking.wound_up(transfer, ended.termination, at))
        await rows.update(tx, taken.transfer)
        noted += taken.noted
    return tuple(noted)

"""Limits: how much may be dialed. Counted and reserved in one transaction that writes, so that nothing gets between.

A reservation counts for its time: `concurrent` while it is open, `per_minute` and `per_day` from when it was made,
whatever came of the dial. Minutes go by when it was made, too: for 24 hours it counts with those that were reserved, or
with as many as it has lasted where that is more; once released, with those of the conversation.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import ids
from dispatch.gate import checking, counting, wishes
from dispatch.store import reservations
from sip_config import configurations


async def reserve(
    tx: sa_async.AsyncConnection, configuration: configurations.Configuration, wish: wishes.Wish, now: dt.datetime
) -> None:
    """Take up what a dial takes of every limit. A call that holds a reservation has it renewed, and not counted twice.

    Args:
        tx: a transaction that writes; what is written in it otherwise, such as the call, stands and falls with this.
        configuration: has the limits.
        wish: what is to be dialed; `check` let it pass.
        now: the moment of the dial.

    Raises:
        PolicyRefused: a limit is reached.
        InvalidNumber: as `check`, as all that it refuses.
    """
    callee = checking.destination(configuration, wish).callee
    limits = counting.limits_of(configuration, wish, callee)
    own = await counting.keep_to(tx, limits, wish, now)
    made = reservations.Reservation(
        id=own.id if own is not None else ids.new(ids.RESERVATION, now),
        call_id=wish.call_id,
        kind=wish.kind,
        key_id=wish.key.id if wish.key is not None else None,
        number=wish.number.e164,
        trunk=wish.number.trunk,
        callee=callee,
        made_at=now,
        minutes=wish.minutes,
        lasts_until=now + dt.timedelta(minutes=wish.minutes),
    )
    if own is None:
        await reservations.insert(tx, made)
    else:
        await reservations.renew(tx, made)


async def release(tx: sa_async.AsyncConnection, call_id: str, at: dt.datetime, minutes: float) -> None:
    """Give back what a call that is over holds, its transfers included.

    Args:
        tx: a transaction that writes.
        call_id: whose.
        at: when it ended.
        minutes: of the conversation, 0 where there was none; a transfer counts from when it was dialed.
    """
    await reservations.release(tx, call_id, at, call_minutes=minutes, transfer_minutes=None)


async def release_transfer(tx: sa_async.AsyncConnection, call_id: str, at: dt.datetime) -> None:
    """Give back what a transfer holds that nobody answered; the call goes on."""
    await reservations.release(tx, call_id, at, call_minutes=None, transfer_minutes=0.0)

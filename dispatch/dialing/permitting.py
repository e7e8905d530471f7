"""Asks again, at the moment of the claim, whether a call may be placed: since it was accepted much may have changed."""

from __future__ import annotations

from sqlalchemy.ext import asyncio as sa_async

from callcore import errors, transitions
from dispatch import gate
from dispatch.dialing import means, obstacles, orders, records, refusing
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows

KEY_REVOKED = "key_revoked"


async def permit(needed: means.Means, claim: rows.Dial, order: orders.Order) -> bool:
    """Whether it may be; then it holds its reservation. Otherwise the call has ended, and its event says why.

    Raises:
        Lost: the call has ended meanwhile, or is in other hands.
        Obstacle: it cannot be placed at all.
    """
    configuration = needed.board.configuration

    async def ask(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
        if claim.key_id is not None and not await needed.keyring.holds(tx, claim.key_id):
            raise errors.PolicyRefused("The API key that asked for this call was revoked.", code=KEY_REVOKED)
        wish = orders.wish_of(claim, order, configuration)
        gate.check(configuration, wish)
        await gate.admit(tx, configuration, wish, needed.hours.now())
        await gate.reserve(tx, configuration, wish, needed.clock.now())
        await records.fence(tx, claim, entry)
        return ()

    try:
        await needed.records.held(claim, ask)
    except errors.PolicyRefused as why:
        await refusing.refuse(needed, claim, why)
        return False
    except errors.InvalidNumber:
        raise obstacles.Obstacle("there is no such number", obstacles.NO_NUMBER) from None
    except errors.BadInput as error:
        raise obstacles.Obstacle(error.public_code, obstacles.OUR_FAULT) from None
    return True

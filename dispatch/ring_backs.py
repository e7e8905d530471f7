"""Whether a call comes back: we dialed this caller from the dialed number lately."""

from __future__ import annotations

import datetime as dt

from callcore import callers, calls, contract
from dispatch import switchboard
from dispatch.store import engine
from dispatch.store import ring_backs as rows
from sip_config import routing

_LATELY = dt.timedelta(days=30)  # people call back what they missed; after a month it is a new matter


async def find(
    store: engine.Store, board: switchboard.Switchboard, intake: contract.CallIntake
) -> routing.RingBack | None:
    """Whom the caller calls back; None where the call is no answer to one of ours.

    Raises:
        Unavailable: the store does not answer.
    """
    number = board.dialed_number(intake) if intake.direction is calls.Direction.INBOUND else None
    caller = callers.classify(intake.caller, board.configuration.organization.country).number
    if number is None or caller is None:
        return None
    async with store.reading() as tx:
        placed = await rows.newest(tx, ours=number.e164, theirs=caller, since=intake.arrived_at - _LATELY)
    return routing.RingBack(agent_id=placed.agent_id, variables=placed.variables) if placed is not None else None

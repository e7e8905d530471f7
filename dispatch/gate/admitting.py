"""Whom not to call, and when not to: the do-not-call list and calling hours."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch.gate import checking, hours, wishes
from dispatch.store import do_not_call
from sip_config import configurations

DO_NOT_CALL = "do_not_call"
QUIET_HOURS = "quiet_hours"


async def admit(
    tx: sa_async.AsyncConnection, configuration: configurations.Configuration, wish: wishes.Wish, now: dt.datetime
) -> None:
    """Whether the callee may be called now. Transfers go to where the configuration says, at any hour.

    Raises:
        PolicyRefused: the callee does not want calls, or it is too early or too late at their place.
        InvalidNumber: as `checking.check`, as all that it refuses.
    """
    if wish.kind is not wishes.Kind.CALL:
        return
    number = checking.destination(configuration, wish).number
    if number is not None and await do_not_call.is_listed(tx, number):
        raise errors.PolicyRefused("This number is on the do-not-call list.", code=DO_NOT_CALL)
    zones = hours.zones(number, wish.time_zone, configuration.organization.time_zone)
    window = configuration.dialing.calling_hours
    if not hours.is_open(window, zones, now):
        raise errors.PolicyRefused(
            f"At the callee's place it may be outside {window} now, which `dialing.calling_hours` allows.",
            code=QUIET_HOURS,
            retry_at=hours.next_opening(window, zones, now),
        )

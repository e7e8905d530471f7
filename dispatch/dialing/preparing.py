"""What a job is to do, and the way to the phone: by the configuration and by what is known of the callee now."""

from __future__ import annotations

import datetime as dt

from callcore import contract, errors
from dispatch import contacts
from dispatch.dialing import consulting, means, obstacles, orders
from dispatch.livekit import dialing
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows
from dispatch.transfers import destinations
from sip_config import configurations
from sip_config.sessions import planning
from sip_config.templates import variables


async def prepare(needed: means.Means, claim: rows.Dial, order: orders.Order) -> dialing.Route:
    """Keep the plan, for which the job waits; the way to the phone.

    Raises:
        Lost: the call has ended meanwhile, or is in other hands; also where the pre-call webhook does not want it.
        Obstacle: the configuration does not fit the call any more.
    """
    configuration, now = needed.board.configuration, needed.hours.now()
    contact, fields = await _introduction(needed, claim)
    try:
        number = configuration.numbers[order.caller]
        session = order.session(number, claim.to, contact=contact, fields=fields)
        plan = planning.plan(configuration, session, now)
        way = destinations.way(claim.to, configuration.outbound(number))
    except (errors.BadInput, KeyError) as error:
        # It was right when the call was accepted; the configuration is another one by now.
        why = error.public_code if isinstance(error, errors.BadInput) else "the number that is to be shown is gone"
        raise obstacles.Obstacle(why, obstacles.OUR_FAULT) from None
    await _keep(needed, claim, configuration, session, plan, now)
    # The job may have asked before the plan was there.
    needed.wakeups.notify(claim.call_id)
    return way


async def _keep(
    needed: means.Means,
    claim: rows.Dial,
    configuration: configurations.Configuration,
    session: planning.Session,
    plan: contract.Converse,
    now: dt.datetime,
) -> None:
    question = consulting.question(claim, configuration, session, plan, now)
    if question is None:
        await needed.records.keep_plan(claim, plan)
    else:
        await consulting.settle(needed, claim, question)


async def _introduction(needed: means.Means, claim: rows.Dial) -> tuple[variables.Contact, dict[str, str]]:
    async with needed.store.reading() as tx:
        contact_id = (await call_rows.get(tx, claim.call_id)).call.contact_id
        if contact_id is None:
            return variables.Contact(), {}
        zone = needed.board.configuration.organization.time_zone
        contact, fields = await contacts.context(tx, contact_id, before_call_id=claim.call_id, time_zone=zone)
        return contact, dict(fields)

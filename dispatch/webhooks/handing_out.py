"""Events that wait become deliveries: each once, in order, in the transaction that takes them out of the outbox."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import ids
from dispatch.store import deliveries, endpoints, outbox
from dispatch.webhooks import bodies, lanes, posting, settling, targets
from sip_config import configurations

MOST = 200
"""Events in one transaction."""


async def hand_out(tx: sa_async.AsyncConnection, configuration: configurations.Configuration, now: dt.datetime) -> int:
    """Make deliveries of the next events; how many events those were, at most `MOST`.

    Events of a call of which it is not known yet who takes it wait; those that nobody wants to be told of are dropped.

    Args:
        tx: a writing transaction.
        configuration: the present one.
        now: the time.
    """
    waiting = await outbox.ready(tx, MOST)
    if not waiting:
        return 0
    told = await settling.settled(tx, configuration, {one.event.call_id for one in waiting})
    wanted = [one for one in waiting if targets.Kind.STATUS in told[one.event.call_id].webhooks.targets]
    made = [_delivery(one, told[one.event.call_id], now) for one in wanted]
    disabled = await endpoints.ensure(tx, {delivery.url for delivery in made})
    kept = [posting.deliverable(delivery, disabled=disabled) for delivery in made]
    last = await deliveries.last_of_lanes(tx, {delivery.lane for delivery in kept if delivery.lane is not None})
    await deliveries.insert(tx, *lanes.queued(kept, last))
    await outbox.remove(tx, waiting)
    return len(waiting)


def _delivery(one: outbox.Waiting, told: settling.Told, now: dt.datetime) -> deliveries.Delivery:
    event, webhooks = one.event, told.webhooks
    body = bodies.status_body(event, status=one.status, metadata=told.metadata)
    return deliveries.Delivery(
        id=ids.new(ids.DELIVERY, now),
        message_id=event.id,
        kind=targets.Kind.STATUS.value,
        url=webhooks.targets[targets.Kind.STATUS],
        agent_id=webhooks.agent_id,
        call_id=event.call_id,
        type=body.type,
        body=body.text(),
        event_at=event.at,
        lane=f"{targets.Kind.STATUS}:{event.call_id}",
        position=event.sequence,
        created_at=now,
        due_at=now,
    )

"""Webhooks begin here: one row in the transaction of whatever they tell of. The sending is `service`'s."""

from __future__ import annotations

import dataclasses
import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import ids
from dispatch.store import deliveries, delivery_results, endpoints
from dispatch.webhooks import lanes, targets

MAX_BODY = 1024 * 1024
"""Bytes of a body. What is larger is kept as failed: no receiver that is asked nothing takes it."""

BODY_TOO_LARGE = "body_too_large"
ENDPOINT_DISABLED = "endpoint_disabled"


async def enqueue(
    tx: sa_async.AsyncConnection,
    *,
    kind: targets.Kind,
    message_id: str,
    type: str,
    body: bytes | str,
    target_url: str,
    agent_id: str | None,
    call_id: str | None,
    event_at: dt.datetime,
    lane: str | None = None,
    position: int = 0,
    now: dt.datetime | None = None,
) -> deliveries.Delivery:
    """Have a webhook sent, soon and until it arrives; what is for a disabled endpoint is only kept.

    Args:
        tx: a writing transaction.
        kind: what it tells.
        message_id: what receivers tell duplicates by.
        type: as in the body.
        body: exactly what is signed and sent, UTF-8.
        target_url: where it goes.
        agent_id: whose webhook it is, and whose secret signs it.
        call_id: the call that it tells of.
        event_at: when that happened which it tells of.
        lane: those of one lane go one after the other; None: at any time.
        position: in its lane.
        now: the time; None: that of the event.
    """
    made_at = now or event_at
    delivery = deliveries.Delivery(
        id=ids.new(ids.DELIVERY, made_at),
        message_id=message_id,
        kind=kind.value,
        url=target_url,
        agent_id=agent_id,
        call_id=call_id,
        type=type,
        body=body if isinstance(body, str) else body.decode(),
        event_at=event_at,
        lane=lane,
        position=position,
        created_at=made_at,
        due_at=made_at,
    )
    delivery = deliverable(delivery, disabled=await endpoints.ensure(tx, (target_url,)))
    await deliveries.insert(tx, delivery)
    return delivery


def deliverable(delivery: deliveries.Delivery, *, disabled: frozenset[str]) -> deliveries.Delivery:
    """A new delivery as it is kept: given up at once where there is no hope for it."""
    if len(delivery.body.encode()) > MAX_BODY:
        return given_up(delivery, BODY_TOO_LARGE, delivery.created_at)
    if delivery.url in disabled:
        return given_up(delivery, ENDPOINT_DISABLED, delivery.created_at)
    return delivery


def given_up(delivery: deliveries.Delivery, error: str, at: dt.datetime) -> deliveries.Delivery:
    """A delivery that is not tried any more."""
    return dataclasses.replace(delivery, state=deliveries.State.FAILED, error=error, finished_at=at, claimed_by=None)


async def replay(
    tx: sa_async.AsyncConnection, delivery_id: str, now: dt.datetime, *, url: str | None = None
) -> deliveries.Delivery:
    """Send one again, whatever became of it: the same message id and body, a new timestamp, the whole schedule anew.

    It waits for no other and keeps none waiting. Its endpoint, if that was disabled, is used again: whoever wants
    this knows that it is well. One that is still pending only begins its schedule anew.

    Args:
        tx: a writing transaction.
        delivery_id: which.
        now: the time.
        url: where it goes from now on, where that has changed.

    Raises:
        NoSuchDelivery: there is none.
    """
    old = await deliveries.get(tx, delivery_id)
    again = dataclasses.replace(
        old,
        url=url or old.url,
        state=deliveries.State.PENDING,
        error=None,
        step=0,
        early=0,
        lane=None,
        due_at=now,
        finished_at=None,
    )
    if old.lane is not None and old.finished_at is None:
        await delivery_results.release(tx, [lanes.release(given_up(old, "", now), now)])
    await endpoints.ensure(tx, (again.url,))
    await endpoints.enable(tx, again.url)
    await deliveries.restart(tx, again)
    return again

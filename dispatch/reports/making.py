"""Makes a report and has it told, in the transaction that holds the call's row."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls
from dispatch.reports import composing, leads, materials
from dispatch.store import call_webhooks, deliveries
from dispatch.store import reports as rows
from dispatch.webhooks import posting, targets

Settle = Callable[[sa_async.AsyncConnection, calls.Call], Awaitable[call_webhooks.CallWebhooks]]
"""Whom the webhooks of a call are for; settled now where that was not done before."""

_LEAD = "lead"
"""Begins the id of a `lead.updated`; the rest is that of the report's, so that it is the same in every process."""


async def make(
    tx: sa_async.AsyncConnection, call: calls.Call, row: rows.Report, now: dt.datetime
) -> tuple[rows.Report, materials.Materials]:
    """Make the report of a call that is over, in place of an earlier one.

    Raises:
        ValueError: the call is not over.
    """
    gathered = await materials.gather(tx, call, row.id)
    body = composing.report(gathered, now).text()
    await rows.keep(tx, call.id, body, now)
    return dataclasses.replace(row, made_at=now, body=body), gathered


async def make_and_tell(
    tx: sa_async.AsyncConnection, call: calls.Call, row: rows.Report, now: dt.datetime, settle: Settle
) -> tuple[rows.Report, bool]:
    """Make it for the first time, and have everybody told who wants to be; and whether it is delivered."""
    made, gathered = await make(tx, call, row, now)
    webhooks = await settle(tx, call)
    is_told = await tell(tx, webhooks, made, now)
    if gathered.contact is not None and targets.Kind.LEAD_UPDATED in webhooks.targets:
        body = leads.updated(gathered, gathered.contact, now)
        await _enqueue(tx, webhooks, targets.Kind.LEAD_UPDATED, _lead_id(row.id), body.type, body.text(), now)
    return made, is_told


async def tell(
    tx: sa_async.AsyncConnection, webhooks: call_webhooks.CallWebhooks, made: rows.Report, now: dt.datetime
) -> bool:
    """Have a report delivered; False where nobody wants it, or where it is on its way as it is."""
    if made.body is None or targets.Kind.POST_CALL not in webhooks.targets:
        return False
    if await _is_on_its_way(tx, made.id, made.body):
        return False
    await _enqueue(tx, webhooks, targets.Kind.POST_CALL, made.id, "call.report", made.body, now)
    return True


async def _is_on_its_way(tx: sa_async.AsyncConnection, message_id: str, body: str) -> bool:
    wanted = deliveries.Filter(state=deliveries.State.PENDING, message_id=message_id)
    found = await deliveries.page(tx, wanted, limit=10)
    return any(delivery.body == body for delivery in found.deliveries)


async def _enqueue(
    tx: sa_async.AsyncConnection,
    webhooks: call_webhooks.CallWebhooks,
    kind: targets.Kind,
    message_id: str,
    type_: str,
    body: str,
    now: dt.datetime,
) -> None:
    await posting.enqueue(
        tx,
        kind=kind,
        message_id=message_id,
        type=type_,
        body=body,
        target_url=webhooks.targets[kind],
        agent_id=webhooks.agent_id,
        call_id=webhooks.call_id,
        event_at=now,
        now=now,
    )


def _lead_id(report_id: str) -> str:
    return f"{_LEAD}_{report_id.partition('_')[2]}"

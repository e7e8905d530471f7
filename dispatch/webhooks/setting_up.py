"""Puts the sending of webhooks into the application."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from aiohttp import web

from dispatch import keys, leases
from dispatch.webhooks import client, disabling, results, rounds, schedules, sending, service, targets

if TYPE_CHECKING:
    from dispatch import app as dispatch_app

_SPARE = dt.timedelta(seconds=10)  # between the end of an attempt and the commit of what came of it


def set_up(app: web.Application, parts: dispatch_app.Parts) -> None:
    """Make `keys.WEBHOOK_CLIENT` and `keys.DELIVERIES`; store, switchboard and metrics are there already."""
    board, within_s = app[keys.SWITCHBOARD], parts.settings.trunkline_webhook_timeout
    app[keys.WEBHOOK_CLIENT] = sender = client.Client(lambda: targets.allowed_of(board.configuration))
    rules = results.Rules(
        schedule=schedules.Schedule(parts.settings.trunkline_webhook_retries),
        patience=disabling.Patience(days=dt.timedelta(days=parts.settings.trunkline_webhook_disable_days)),
    )
    book = rounds.Rounds(
        parts.store,
        board,
        parts.clock,
        rules,
        name=leases.holder("dispatch")[-128:],
        lease=2 * dt.timedelta(seconds=within_s) + _SPARE,
    )
    attempts = sending.Sender(board, sender, parts.clock, within_s=within_s)
    deliveries = service.Deliveries(book, attempts, app[keys.METRICS], parts.clock)
    app[keys.DELIVERIES] = deliveries

    async def stop(_: web.Application) -> None:
        await deliveries.aclose()
        await sender.aclose()

    app.on_cleanup.append(stop)

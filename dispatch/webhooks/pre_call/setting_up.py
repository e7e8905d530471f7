"""Puts the pre-call webhook into the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from dispatch import keys
from dispatch.webhooks.pre_call import asking, inbound, service

if TYPE_CHECKING:
    from dispatch import app as dispatch_app


def set_up(app: web.Application, parts: dispatch_app.Parts) -> None:
    """Make the service of `keys.PRE_CALL`; the ledger's parts and the client are there already."""
    asker = asking.Asker(app[keys.WEBHOOK_CLIENT], app[keys.METRICS], parts.clock)
    callers = inbound.Inbound(asker, app[keys.LEDGER], parts.store, app[keys.WAKEUPS], parts.clock)
    app[keys.PRE_CALL] = service.PreCall(asker=asker, inbound=callers)

    async def stop(_: web.Application) -> None:
        await callers.aclose()

    app.on_shutdown.append(stop)

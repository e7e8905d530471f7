"""Puts transfers into the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from dispatch import keys, leases
from dispatch.transfers import claims, means, records, service, strays, summoning

if TYPE_CHECKING:
    from dispatch import app as dispatch_app


def set_up(app: web.Application, parts: dispatch_app.Parts) -> None:
    """Make the service of `keys.TRANSFERS`; ledger, switchboard and referring are there already."""
    needed = means.Means(
        store=parts.store,
        ledger=app[keys.LEDGER],
        records=records.Records(app[keys.LEDGER], app[keys.WAKEUPS], parts.clock),
        dialer=parts.dialer,
        referring=app[keys.REFERRING],
        summoner=summoning.Summoner(parts.livekit),
        livekit=parts.livekit,
        board=app[keys.SWITCHBOARD],
        wakeups=app[keys.WAKEUPS],
        counters=app[keys.METRICS],
        clock=parts.clock,
    )
    claimant = claims.Claimant(parts.store, parts.clock, leases.holder("dispatch"))
    transfers = service.Transfers(needed, claimant)
    app[keys.TRANSFERS] = transfers
    app[keys.STRAYS] = strays.Strays(parts.store, parts.dialer)

    async def stop(_: web.Application) -> None:
        await transfers.aclose()

    app.on_cleanup.append(stop)

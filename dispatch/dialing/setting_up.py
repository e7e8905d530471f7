"""Puts the placing of calls into the application."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from aiohttp import web

from dispatch import keys, leases, shifting
from dispatch.dialing import accepting, claims, driving, interjections, means, records, roster, service, words

if TYPE_CHECKING:
    from dispatch import app as dispatch_app


def set_up(app: web.Application, parts: dispatch_app.Parts) -> None:
    """Make the services of `keys.DIALING` and `keys.INTERJECTIONS`; the ledger's parts are there already."""
    book = records.Records(app[keys.LEDGER], parts.store, parts.clock)
    claimant = claims.Claimant(parts.store, parts.clock, leases.holder("dispatch")[-128:])
    hours = shifting.ShiftedClock(parts.clock, dt.timedelta(seconds=parts.settings.trunkline_time_shift))
    listening, workers = words.Words(app[keys.WAKEUPS]), roster.Roster(parts.store, parts.clock)
    needed = means.Means(
        store=parts.store,
        records=book,
        roster=workers,
        words=listening,
        keyring=app[keys.KEYRING],
        dialer=parts.dialer,
        livekit=parts.livekit,
        closer=app[keys.CLOSER],
        board=app[keys.SWITCHBOARD],
        wakeups=app[keys.WAKEUPS],
        counters=app[keys.METRICS],
        asker=app[keys.PRE_CALL].asker,
        clock=parts.clock,
        hours=hours,
    )
    acceptor = accepting.Accepting(
        book=app[keys.LEDGER], claimant=claimant, workers=workers, timepiece=parts.clock, hours=hours
    )
    dialing = service.Dialing(claimant, acceptor, driving.Driver(needed), parts.clock)
    app[keys.INTERJECTIONS] = interjections.Interjections(app[keys.LEDGER], listening, parts.clock)
    app[keys.DIALING] = dialing

    async def stop(_: web.Application) -> None:
        await dialing.aclose()

    app.on_cleanup.append(stop)

"""Puts the service together from its parts; starts and stops what runs beside the requests."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt

from aiohttp import typedefs, web

from callcore import clock
from dispatch import (
    background,
    closing,
    health,
    housekeeping,
    keys,
    leases,
    metrics,
    reloading,
    settings,
    shifting,
    switchboard,
    wakeups,
)
from dispatch.access import api_keys, auth, keyring
from dispatch.dialing import setting_up as dialing_out
from dispatch.http import observing, operations, problems, routes, streams
from dispatch.internal import table as internal_table
from dispatch.ledger import aftermath, ledger
from dispatch.livekit import applying, bookkeeping, catch_all, dialing, objects, referring, rooms, webhooks
from dispatch.openapi import serving as openapi
from dispatch.reaper import clearing, judging, rounds
from dispatch.recordings import shelves
from dispatch.reports import setting_up as reports
from dispatch.store import engine
from dispatch.transfers import referring as transfers_referring
from dispatch.transfers import setting_up as transfers
from dispatch.v1 import table as v1_table
from dispatch.webhooks import gauges
from dispatch.webhooks import setting_up as sending
from dispatch.webhooks.pre_call import setting_up as pre_call
from sip_config import configurations

_APPLY_LEASE = dt.timedelta(seconds=objects.APPLY_S + 10.0)  # what began in time ends before it runs out


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What the service is made of and does not make itself."""

    settings: settings.DispatchSettings
    configuration: configurations.Configuration
    """In force from the start."""
    load: reloading.Loader
    """Reads it anew."""
    store: engine.Store
    """Migrated."""
    livekit: rooms.Rooms
    dialer: dialing.Dialer
    referrer: referring.Referrer
    objects: objects.Objects
    clock: clock.Clock
    reload_wanted: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)
    """Set by whoever wants a reload."""


def build(parts: Parts) -> web.Application:
    """The application, ready to be served; nothing goes by time in it before `run_loops`."""
    counters = metrics.Metrics()
    ring = _keyring(parts)
    app = web.Application(middlewares=_middlewares(parts, counters, ring))
    app[keys.KEYRING] = ring
    app[keys.CLOCK] = parts.clock
    app[keys.STORE] = parts.store
    app[keys.METRICS] = counters
    app[keys.SHELF] = shelves.Shelf(parts.settings.recordings_folder)
    app[keys.SWITCHBOARD] = switchboard.Switchboard(parts.configuration, _clock_of_hours(parts))
    sending.set_up(app, parts)
    _set_up_ledger(app, parts)
    pre_call.set_up(app, parts)
    _set_up_referring(app, parts)
    transfers.set_up(app, parts)
    dialing_out.set_up(app, parts)
    reports.set_up(app, parts)
    _set_up_upkeep(app, parts)
    operations.mount(app)
    openapi.mount(app)
    routes.mount(app, (*internal_table.ROUTES, *v1_table.ROUTES))
    app.router.add_post(bookkeeping.PATH, bookkeeping.receive)
    return app


def run_loops(app: web.Application) -> None:
    """Have run beside the requests, from start to end, what looks again and again at LiveKit and the store."""
    reaper = app[keys.REAPER]
    app.cleanup_ctx.append(
        background.beside(
            keeper=app[keys.KEEPER].run,
            transfers=app[keys.TRANSFERS].run,
            dialing=app[keys.DIALING].run,
            reports=app[keys.REPORTS].run,
            deliveries=app[keys.DELIVERIES].run,
            webhook_gauges=lambda stop: gauges.run(app[keys.STORE], app[keys.METRICS], app[keys.CLOCK], stop),
            judging=reaper.judging.run,
            clearing=reaper.clearing.run,
            reloading=app[keys.RELOADER].run,
            last_uses=app[keys.KEYRING].uses.run,
            housekeeping=lambda stop: housekeeping.run(app[keys.STORE], app[keys.SHELF], app[keys.CLOCK], stop),
        )
    )


def _keyring(parts: Parts) -> keyring.Keyring:
    listed = parts.settings.trunkline_api_key
    of_environment = api_keys.parse(listed.get_secret_value()) if listed is not None else ()
    return keyring.Keyring(parts.store, parts.clock, of_environment)


def _middlewares(parts: Parts, counters: metrics.Metrics, ring: keyring.Keyring) -> list[typedefs.Middleware]:
    secret = parts.settings.trunkline_internal_secret.get_secret_value()
    guard = auth.Guard(ring, secret, counters, parts.clock)
    return [observing.middleware(counters, parts.clock), problems.middleware, guard.middleware()]


def _clock_of_hours(parts: Parts) -> clock.Clock:
    return shifting.ShiftedClock(parts.clock, dt.timedelta(seconds=parts.settings.trunkline_time_shift))


def _set_up_ledger(app: web.Application, parts: Parts) -> None:
    counters, hints, board = app[keys.METRICS], wakeups.Wakeups(), app[keys.SWITCHBOARD]
    closer = closing.Closer(parts.livekit, counters)
    after = aftermath.Consequences(counters, hints, closer, tell=app[keys.DELIVERIES].wake)
    app[keys.WAKEUPS] = hints
    app[keys.CLOSER] = closer
    app[keys.LEDGER] = ledger.Ledger(
        parts.store, parts.clock, after, region=lambda: board.configuration.organization.country
    )
    app[keys.STREAMS] = streams.Streams(parts.settings.trunkline_max_streams, hints, counters)
    app[keys.DOORMAN] = catch_all.Doorman(parts.livekit, closer, counters)
    app[keys.LIVEKIT_VERIFIER] = webhooks.Verifier(
        parts.settings.livekit_api_key, parts.settings.livekit_api_secret.get_secret_value()
    )
    app.on_shutdown.append(_end_streams)
    app.on_cleanup.append(_close_rooms)


def _set_up_referring(app: web.Application, parts: Parts) -> None:
    means = transfers_referring.Means(
        store=parts.store,
        referrer=parts.referrer,
        livekit=parts.livekit,
        board=app[keys.SWITCHBOARD],
        hints=app[keys.WAKEUPS],
        counters=app[keys.METRICS],
        clock=parts.clock,
    )
    app[keys.REFERRING] = transfers_referring.Referring(means)


def _set_up_upkeep(app: web.Application, parts: Parts) -> None:
    counters, board = app[keys.METRICS], app[keys.SWITCHBOARD]
    keeper = applying.Keeper(parts.objects, board, counters, _alone(parts), may_change=parts.settings.trunkline_apply)
    probes = health.probes(parts.store, parts.livekit, keeper, parts.settings.trunkline_redis_url, parts.clock)
    app[keys.PROBES] = health.Probes(probes, parts.clock)
    app[keys.REAPER] = _reaper(app, parts)
    app[keys.KEEPER] = keeper
    app[keys.RELOADER] = reloading.Reloader(
        parts.load, keeper, board, counters, parts.reload_wanted, follow=app[keys.REFERRING].forget_changed
    )


def _alone(parts: Parts) -> applying.Alone:
    holder = leases.holder("dispatch")
    return lambda: leases.held(parts.store, parts.clock, name=leases.APPLY, holder=holder, ttl=_APPLY_LEASE)


def _reaper(app: web.Application, parts: Parts) -> rounds.Reaper:
    judge = judging.Judge(
        store=parts.store,
        book=app[keys.LEDGER],
        livekit=parts.livekit,
        counters=app[keys.METRICS],
        timepiece=parts.clock,
    )
    sweeper = clearing.Sweeper(
        store=parts.store,
        livekit=parts.livekit,
        closer=app[keys.CLOSER],
        doorman=app[keys.DOORMAN],
        counters=app[keys.METRICS],
        timepiece=parts.clock,
    )
    return rounds.Reaper(judge, sweeper, app[keys.METRICS])


async def _end_streams(app: web.Application) -> None:
    app[keys.STREAMS].close()


async def _close_rooms(app: web.Application) -> None:
    await app[keys.CLOSER].aclose()

"""Runs the service from the first listening socket to the last closed connection."""

from __future__ import annotations

import asyncio
import signal

import structlog
from aiohttp import web

from callcore import clock, errors
from dispatch import app, keys, reloading, settings
from dispatch.access import exposure
from dispatch.livekit import client, dialing, objects, referring
from dispatch.store import engine, migrating
from sip_config import configurations

_SHUTDOWN_S = 10.0  # for requests under way; streams end at once

_log = structlog.get_logger(__name__)


class PortTaken(errors.Unavailable):
    """The address to listen on cannot be used."""

    public_code = "port_taken"


async def serve(
    given: settings.DispatchSettings, configuration: configurations.Configuration, load: reloading.Loader
) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP has `load` read the configuration anew.

    Raises:
        ConfigurationInvalid: it would listen to other machines without having a key for them.
        DatabaseUnusable: the database cannot be opened, or is none of this version.
        PortTaken: somebody else listens there.
    """
    stop, reload = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload.set)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if given.trunkline_time_shift:
        _log.warning("the clock of opening hours is shifted", seconds=given.trunkline_time_shift)
    store = engine.Store(given.store_url)
    secret = given.livekit_api_secret.get_secret_value()
    try:
        await migrating.upgrade(store)
        async with client.connect(given.livekit_url, given.livekit_api_key, secret) as livekit:
            parts = app.Parts(
                settings=given,
                configuration=configuration,
                load=load,
                store=store,
                livekit=client.LiveKitRooms(livekit),
                dialer=dialing.LiveKitDialer(livekit),
                referrer=referring.LiveKitReferrer(livekit),
                objects=objects.LiveKitObjects(livekit),
                clock=clock.SystemClock(),
                reload_wanted=reload,
            )
            application = app.build(parts)
            app.run_loops(application)
            await application[keys.KEYRING].settle()
            await exposure.check(given.trunkline_http_host, application[keys.KEYRING])
            await _listen(application, given, stop)
    finally:
        await store.close()


async def _listen(application: web.Application, given: settings.DispatchSettings, stop: asyncio.Event) -> None:
    host, port = given.trunkline_http_host, given.trunkline_http_port
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        _log.info("dispatch listens", host=host, port=runner.addresses[0][1])
        await stop.wait()
        _log.info("dispatch stops")
    except OSError as error:
        raise PortTaken(f"Cannot listen on {host}:{port}: {error.strerror}.") from None
    finally:
        await runner.cleanup()

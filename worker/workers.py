"""A worker put together: the LiveKit agent server, the spool, and what it tells dispatch about itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine

import aiohttp
from livekit import api

from callcore import clock, contract, errors
from sip_config.reading import environments
from worker import dispatch_client, identity, reporting, rooms, server, settings, snapshots
from worker.audio import couriers, outbox
from worker.spool import hub, replay, store

_log = logging.getLogger(__name__)

_LAST_DELIVERY_S = 10.0  # at shutdown; what dispatch does not take by then waits on disk for the next start
_RESTART_S = 1.0


class Worker:
    """Everything of one worker's main process."""

    def __init__(
        self,
        config: settings.WorkerSettings,
        dispatch: dispatch_client.DispatchClient,
        livekit: api.LiveKitAPI,
        snapshot: snapshots.SnapshotKeeper,
    ) -> None:
        timepiece = clock.SystemClock()
        self._config = config
        self._dispatch = dispatch
        self._livekit = livekit
        self._snapshot = snapshot
        self._spool = store.SpoolStore(config.worker_dir / "spool", timepiece)
        self._outbox = outbox.Outbox(config.audio_dir)
        self._outbox.tidy()
        self._courier = couriers.Courier(self._outbox, dispatch, timepiece)
        self._hub = hub.Hub(self._spool, timepiece, self._end_legs_of_lost_call)
        self._server = server.build(config)
        self._is_registered = False
        self._server.on("worker_registered", self._on_registered)
        self._id = identity.ensure(config.id_path, timepiece.now())
        self._version = reporting.version()

    async def run_until(self, stopping: asyncio.Event) -> None:
        """Take calls until told to stop, and then until the last of them is over."""
        async with hub.serving(self._hub, self._config.socket_path):
            async with _kept_alive(
                lambda: replay.deliver_for_ever(self._spool, self._dispatch),
                lambda: reporting.report_for_ever(self._dispatch, self._state),
                self._courier.deliver_for_ever,
                self._snapshot.keep_fresh,
            ):
                await self._serve_until(stopping)
            await self._deliver_the_rest()
        self._spool.close()

    async def _serve_until(self, stopping: asyncio.Event) -> None:
        serving = asyncio.create_task(self._server.run())
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait([serving, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not serving.done():
            _log.info("no new calls; waiting for those that are up")
            with contextlib.suppress(TimeoutError):
                await self._server.drain()
            await self._server.aclose()
        await serving

    async def _deliver_the_rest(self) -> None:
        try:
            async with asyncio.timeout(_LAST_DELIVERY_S):
                await replay.deliver_all(self._spool, self._dispatch)
                await self._courier.deliver()
        except (errors.DispatchUnavailable, TimeoutError):
            _log.warning("reports stay in the spool for the next start", extra={"lines": self._spool.owed})

    async def _end_legs_of_lost_call(self, room_name: str) -> None:
        try:
            await rooms.delete(self._livekit, room_name)
        except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
            _log.error("the room of a lost call could not be deleted", extra={"error_class": type(error).__name__})

    def _on_registered(self, *_: object) -> None:
        self._is_registered = True

    def _can_take(self, calls: int) -> bool:
        return not self._server.draining and calls < self._config.trunkline_max_calls

    def _state(self) -> contract.WorkerReport:
        # The server counts its jobs only once it runs.
        calls = len(self._server.active_jobs) if self._is_registered else 0
        return contract.WorkerReport(
            worker_id=self._id,
            version=self._version,
            calls=calls,
            max_calls=self._config.trunkline_max_calls,
            accepting=self._is_registered and server.is_connected(self._server) and self._can_take(calls),
            rooms=self._hub.rooms,
        )


@contextlib.asynccontextmanager
async def assembled(config: settings.WorkerSettings) -> AsyncIterator[Worker]:
    """A worker whose agents can work here.

    Raises:
        ConfigurationInvalid: an agent names a provider that cannot work on this machine.
    """
    async with (
        aiohttp.ClientSession(trust_env=False) as http,
        api.LiveKitAPI(
            config.livekit_url, config.livekit_api_key, config.livekit_api_secret.get_secret_value()
        ) as livekit,
    ):
        dispatch = dispatch_client.DispatchClient(
            http, config.trunkline_dispatch_url, config.trunkline_internal_secret.get_secret_value()
        )
        snapshot = snapshots.SnapshotKeeper(dispatch, config.snapshot_path, environments.read())
        await snapshot.take_first()
        yield Worker(config, dispatch, livekit, snapshot)


@contextlib.asynccontextmanager
async def _kept_alive(*works: Callable[[], Coroutine[None, None, None]]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(_again_and_again(work)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _again_and_again(work: Callable[[], Coroutine[None, None, None]]) -> None:
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001  # a fault in the background is logged and must not take the calls down
            _log.exception("a background task failed; it starts again")
        await asyncio.sleep(_RESTART_S)

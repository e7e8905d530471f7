"""Closes rooms in which nobody's call is."""

from __future__ import annotations

import structlog

from callcore import calls, clock
from dispatch import closing, fleet, metrics
from dispatch.livekit import catch_all, rooms
from dispatch.reaper import spreading, strays, watching
from dispatch.store import calls as call_rows
from dispatch.store import engine

_log = structlog.get_logger(__name__)


class Sweeper:
    """Looks at LiveKit's rooms."""

    def __init__(
        self,
        *,
        store: engine.Store,
        livekit: rooms.Rooms,
        closer: closing.Closer,
        doorman: catch_all.Doorman,
        counters: metrics.Metrics,
        timepiece: clock.Clock,
    ) -> None:
        self._store = store
        self._livekit = livekit
        self._closer = closer
        self._doorman = doorman
        self._metrics = counters
        self._clock = timepiece
        self._watch: watching.Watch | None = None

    async def round(self) -> None:
        """Look at every room of ours once and close those that must not be.

        Raises:
            Unavailable: LiveKit or the store does not answer.
        """
        watch, self._watch = watching.Watch(self._watch), None
        names = frozenset(room.name for room in await self._livekit.ours())
        async with self._store.reading() as tx:
            alive = await fleet.fresh_in(tx, self._clock)
            statuses = await call_rows.statuses(tx, names)
        self._watch = watch
        claimed = {room for worker in alive for room in worker.report.rooms}
        over = {name for name in names if statuses.get(name) is calls.Status.ENDED}
        unknown = names - statuses.keys() - claimed
        for name in unknown:
            watch.carry((name, strays.Stray.NO_AGENT))

        async def clear(name: str) -> None:
            if name in over:
                await self._close_if_old(name, strays.Stray.ENDED_CALL, watch)
            else:
                await self._clear_unknown(name, watch)

        await spreading.over(sorted(over | unknown), clear, self._metrics)

    async def _clear_unknown(self, name: str, watch: watching.Watch) -> None:
        present = await self._livekit.participants(name)
        unwanted = next((someone for someone in present if catch_all.is_unwanted(someone)), None)
        if unwanted is not None:
            await self._doorman.refuse(name, unwanted)
        elif strays.lacks_agent(present):
            await self._close_if_old(name, strays.Stray.NO_AGENT, watch)
        else:
            watch.forget((name, strays.Stray.NO_AGENT))

    async def _close_if_old(self, name: str, stray: strays.Stray, watch: watching.Watch) -> None:
        if watch.age_s((name, stray), self._clock.monotonic()) < strays.GRACE_S[stray]:
            return
        self._metrics.reaper_actions.labels(action=stray.value).inc()
        _log.warning("a room is closed", room=name, why=stray.value)
        await self._closer.close_now(name)

"""Is everything there that a call needs?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pydantic
import sqlalchemy as sa

from callcore import clock, errors
from dispatch import fleet, redis_ping
from dispatch.livekit import applying, rooms
from dispatch.store import engine

CHECK_S = 2.0
"""Each check's own deadline; they run side by side."""
_KEEP_S = 1.0  # anybody may ask, so that often everything is really asked at most


class NoWorker(errors.Unavailable):
    """No worker that takes calls has reported lately."""

    public_code = "no_worker"


class NotApplied(errors.Unavailable):
    """LiveKit does not have the trunks and rules of this configuration."""

    public_code = "configuration_not_applied"


class CheckTimedOut(errors.Unavailable):
    """The check did not end in time."""

    public_code = "timed_out"


class Check(pydantic.BaseModel):
    """One thing that a call needs."""

    ok: bool
    error: str | None = None
    """The stable code of what is wrong."""


class Readiness(pydantic.BaseModel):
    """All of them."""

    ready: bool
    checks: dict[str, Check]


Probe = Callable[[], Awaitable[None]]
"""Raises what is wrong."""


class Probes:
    """Runs the checks and keeps the answer for a moment."""

    def __init__(self, probes: dict[str, Probe], timepiece: clock.Clock) -> None:
        self._probes = probes
        self._clock = timepiece
        self._lock = asyncio.Lock()
        self._kept: tuple[float, Readiness] | None = None

    async def look(self) -> Readiness:
        """The state of everything, at most a second old."""
        async with self._lock:
            now = self._clock.monotonic()
            if self._kept is None or now - self._kept[0] >= _KEEP_S:
                results = await asyncio.gather(*(_run(probe) for probe in self._probes.values()))
                checks = dict(zip(self._probes, results, strict=True))
                self._kept = (now, Readiness(ready=all(check.ok for check in results), checks=checks))
            return self._kept[1]


def probes(
    store: engine.Store,
    livekit: rooms.Rooms,
    keeper: applying.Keeper,
    redis_url: str | None,
    timepiece: clock.Clock,
) -> dict[str, Probe]:
    """What a call needs, by name."""

    async def ask_store() -> None:
        async with store.reading() as tx:
            await tx.execute(sa.select(sa.literal(1)))

    async def ask_livekit() -> None:
        await livekit.ours()

    async def ask_configuration() -> None:
        if not keeper.is_applied:
            raise keeper.failure or NotApplied

    async def ask_workers() -> None:
        # A worker that is full is no reason to take the API away.
        reports = [worker.report for worker in await fleet.fresh(store, timepiece)]
        if not any(report.accepting or report.calls >= report.max_calls for report in reports):
            raise NoWorker

    found: dict[str, Probe] = {
        "store": ask_store,
        "livekit": ask_livekit,
        "configuration": ask_configuration,
        "workers": ask_workers,
    }
    if redis_url is not None:
        found["redis"] = lambda: redis_ping.ping(redis_url, CHECK_S)
    return found


async def _run(probe: Probe) -> Check:
    try:
        async with asyncio.timeout(CHECK_S):
            await probe()
    except errors.TrunklineError as error:
        return Check(ok=False, error=error.public_code)
    except TimeoutError:
        return Check(ok=False, error=CheckTimedOut.public_code)
    return Check(ok=True)

"""Sets the clock by which hours are judged, a Wednesday in the hours of `config/organization.yaml`; and those hours."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import zoneinfo
from collections.abc import AsyncIterator

from lab import labs
from tests.calls import standing

IN_HOURS = dt.time(9, 30)
_HOURS, _EARLY = '["09:00-12:00", "13:00-17:00"]', '["05:00-06:00"]'
_DIALING = "dialing:"
_FETCHED_S = 30.0  # the worker asks every 5 s
_ZONE = zoneinfo.ZoneInfo("America/New_York")
_WEDNESDAY = 2


def variables(time: dt.time) -> dict[str, str]:
    """What moves a component's clock to such a time on the next Wednesday."""
    now = dt.datetime.now(dt.UTC)
    day = now.astimezone(_ZONE).date()
    day += dt.timedelta(days=(_WEDNESDAY - day.weekday()) % 7)
    wanted = dt.datetime.combine(day, time, _ZONE)
    return {"TRUNKLINE_TIME_SHIFT": f"{(wanted - now).total_seconds():.0f}"}


@contextlib.asynccontextmanager
async def off_hours(lab: labs.Lab) -> AsyncIterator[None]:
    """As if the lab's clocks had been set to the night, until the block ends: business and calling hours are others."""
    path = lab.config / "organization.yaml"
    day = path.read_text()
    night = day.replace(_HOURS, _EARLY).replace(_DIALING, f"{_DIALING}\n  calling_hours: '05:00-06:00'")
    assert night.count("05:00-06:00") == 2, "both hours are in the file"
    path.write_text(night)
    assert await standing.reload(lab) == 200
    try:
        yield
    finally:
        path.write_text(day)
        assert await standing.reload(lab) == 200


async def are_known_to_worker(lab: labs.Lab) -> None:
    """Wait until the worker would go by those hours without dispatch."""
    (snapshot,) = lab.site.folder("worker").rglob("snapshot.json")
    async with asyncio.timeout(_FETCHED_S):
        while "05:00" not in snapshot.read_text():
            await asyncio.sleep(0.1)

"""Sets the clock by which hours are judged: a Wednesday, in or off the hours of `config/organization.yaml`."""

from __future__ import annotations

import datetime as dt
import pathlib
import zoneinfo

from lab import labs
from tests.calls import standing

IN_HOURS = dt.time(9, 30)
OFF_HOURS = dt.time(3, 0)
_ZONE = zoneinfo.ZoneInfo("America/New_York")
_WEDNESDAY = 2


def variables(time: dt.time) -> dict[str, str]:
    """What moves a component's clock to such a time on the next Wednesday."""
    now = dt.datetime.now(dt.UTC)
    day = now.astimezone(_ZONE).date()
    day += dt.timedelta(days=(_WEDNESDAY - day.weekday()) % 7)
    wanted = dt.datetime.combine(day, time, _ZONE)
    return {"TRUNKLINE_TIME_SHIFT": f"{(wanted - now).total_seconds():.0f}"}


_now: dict[pathlib.Path, dt.time] = {}


async def be_at(lab: labs.Lab, time: dt.time) -> None:
    """Restart dispatch and the worker at another time of day, unless it is that time; a lab begins in hours."""
    if _now.get(lab.folder, IN_HOURS) == time:
        return
    _now[lab.folder] = time
    for process in (lab.worker, lab.dispatch):
        process.vary(variables(time))
        await process.stop()
    await lab.dispatch.start()
    await lab.worker.start()
    await lab.ready()
    await standing.record_warm_jobs(lab)

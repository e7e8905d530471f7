"""Time, handed in so that rules about time can be tested without waiting."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from typing import Protocol


class Clock(Protocol):
    """Two times: the wall's, for people and receivers, and a monotonic one, for durations."""

    def now(self) -> dt.datetime:
        """The time of day, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, from an arbitrary start."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        return time.monotonic()


@dataclasses.dataclass(kw_only=True)
class ManualClock:
    """A clock that stands still until told to move: for tests."""

    wall: dt.datetime
    seconds: float = 0.0

    def now(self) -> dt.datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.wall += dt.timedelta(seconds=seconds)
        self.seconds += seconds


def rfc3339(moment: dt.datetime) -> str:
    """A moment as RFC 3339 in UTC with milliseconds and `Z`, for example `2026-01-02T03:04:05.678Z`."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

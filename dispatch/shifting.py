"""A clock that is ahead of another one, to rehearse what happens on a holiday or after hours."""

from __future__ import annotations

import datetime as dt

from callcore import clock


class ShiftedClock:
    """The time of day is moved; durations are not."""

    def __init__(self, inner: clock.Clock, ahead: dt.timedelta) -> None:
        self._inner = inner
        self._ahead = ahead

    def now(self) -> dt.datetime:
        return self._inner.now() + self._ahead

    def monotonic(self) -> float:
        return self._inner.monotonic()

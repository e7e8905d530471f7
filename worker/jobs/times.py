"""When a call began to ring, was answered and was over, by its job's clock."""

from __future__ import annotations

import datetime as dt

from callcore import clock


class Times:
    """Of one call. Each is taken once, at the first word of it, but the beginning of a call that we place."""

    def __init__(self, timepiece: clock.Clock) -> None:
        """It rings from now on."""
        self._clock = timepiece
        self._began_s = timepiece.monotonic()
        self._answered_s: float | None = None
        self.over_at: dt.datetime | None = None
        """When every leg was down."""
        self.duration_s: float | None = None
        """From the answer to that; None of a call that nobody answered."""

    @property
    def is_answered(self) -> bool:
        return self._answered_s is not None

    def begin(self) -> None:
        """It rings only now."""
        self._began_s = self._clock.monotonic()

    def answer(self) -> int | None:
        """Milliseconds of ringing, the first time; None after that."""
        if self._answered_s is not None:
            return None
        self._answered_s = self._clock.monotonic()
        return round((self._answered_s - self._began_s) * 1000)

    def end(self) -> None:
        self.over_at = self._clock.now()
        self.duration_s = None if self._answered_s is None else self._clock.monotonic() - self._answered_s

"""For how long somebody has been missing from a room: one look may fall into the moment in which all come back."""

from __future__ import annotations

CONFIRM_S = 1.0
"""Whoever is missing for so long, at two looks, has left."""


class Absence:
    """Of one whom others look for again and again."""

    def __init__(self) -> None:
        self._since_s: float | None = None

    @property
    def is_so(self) -> bool:
        """They were missing at the last look."""
        return self._since_s is not None

    def lasts(self, now_s: float, *, is_missing: bool) -> float:
        """Seconds since the first look at which they were missing; 0 at that look, and while they are there."""
        if not is_missing:
            self._since_s = None
        elif self._since_s is None:
            self._since_s = now_s
        return self.age_s(now_s)

    def age_s(self, now_s: float) -> float:
        """The same, without a look."""
        return now_s - self._since_s if self._since_s is not None else 0.0

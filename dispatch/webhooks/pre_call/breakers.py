"""Circuit breakers: an endpoint that fails again and again is left alone for a while, and no caller waits for it."""

from __future__ import annotations

import enum
from collections.abc import Callable

FAILURES = 5
"""In a row open the breaker."""

OPEN_S = 30.0
"""How long it stays open; then one request tries whether the endpoint is back."""

_MOST = 1_000  # endpoints; the one that was looked at longest ago is forgotten for another


class State(enum.Enum):
    """What a breaker does with the next request."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    """One request is under way to try the endpoint; no other goes out."""


class Breaker:
    """Of one URL. Whoever was admitted says how it went, by one of `succeeded`, `failed` and `withdrawn`."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures = 0
        self._opened_at = 0.0
        self._state = State.CLOSED

    @property
    def state(self) -> State:
        return self._state

    def admits(self) -> bool:
        """Whether a request may go out now."""
        if self._state is State.OPEN and self._now() - self._opened_at >= OPEN_S:
            self._state = State.HALF_OPEN
            return True
        return self._state is State.CLOSED

    def succeeded(self) -> None:
        """The endpoint answers."""
        self._state, self._failures = State.CLOSED, 0

    def failed(self) -> None:
        """The endpoint does not answer, or with nothing of use."""
        self._failures += 1
        if self._state is State.HALF_OPEN or (self._state is State.CLOSED and self._failures >= FAILURES):
            self._state, self._opened_at = State.OPEN, self._now()

    def withdrawn(self) -> None:
        """The request was given up for reasons that say nothing of the endpoint."""
        if self._state is State.HALF_OPEN:
            self._state = State.OPEN  # since when is as it was, so that the next one tries


class Breakers:
    """One for each URL."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Make none yet; `now` tells monotonic seconds."""
        self._now = now
        self._known: dict[str, Breaker] = {}

    def of(self, url: str) -> Breaker:
        breaker = self._known.pop(url, None) or Breaker(self._now)
        self._known[url] = breaker
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        return breaker

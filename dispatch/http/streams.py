"""Open streams: how many at once, and how all of them end with the process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from dispatch import metrics, wakeups
from dispatch.http import problems


class TooManyStreams(problems.TooMany):
    """Too many streams are open."""

    public_code = "too_many_streams"


class Streams:
    """Counts streams and tells them when to stop."""

    def __init__(self, most: int, hints: wakeups.Wakeups, counters: metrics.Metrics) -> None:
        self._most = most
        self._wakeups = hints
        self._metrics = counters
        self._open = 0
        self.is_closing = False

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for the length of a stream.

        Raises:
            TooManyStreams: all are taken.
        """
        if self._open >= self._most:
            raise TooManyStreams
        self._open += 1
        self._metrics.transcript_streams.set(self._open)
        try:
            yield
        finally:
            self._open -= 1
            self._metrics.transcript_streams.set(self._open)

    def close(self) -> None:
        """Let every stream end now; its reader comes back with Last-Event-ID."""
        self.is_closing = True
        self._wakeups.notify_all()

"""Closes rooms beside the requests that asked for it. What does not succeed here is the reaper's to repeat."""

from __future__ import annotations

import asyncio

import structlog

from dispatch import metrics
from dispatch.livekit import rooms

_log = structlog.get_logger(__name__)

_MOST_AT_ONCE = 100  # more than that many ends at one moment wait for the reaper's next round
_DRAIN_S = 3.0  # at the end of the process


class Closer:
    """Owns the tasks that close rooms."""

    def __init__(self, livekit: rooms.Rooms, counters: metrics.Metrics) -> None:
        self._livekit = livekit
        self._metrics = counters
        self._tasks: set[asyncio.Task[bool]] = set()

    def start(self, room_name: str) -> None:
        """Close a room soon."""
        if len(self._tasks) >= _MOST_AT_ONCE:
            return
        task = asyncio.create_task(self.close_now(room_name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close_now(self, room_name: str) -> bool:
        """Close a room; False when LiveKit did not answer."""
        try:
            await self._livekit.close(room_name)
        except rooms.LiveKitUnavailable as error:
            self._metrics.livekit_failures.labels(request="close").inc()
            _log.warning("a room could not be closed", room=room_name, error=error.message)
            return False
        return True

    async def aclose(self) -> None:
        """Wait for what is under way, for a moment; then give up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_DRAIN_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

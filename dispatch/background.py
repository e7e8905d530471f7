"""Loops that run beside the requests, owned by the application from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from aiohttp import web

_AGAIN_S = 5.0  # long enough not to flood the log, short enough for a reaper
_STOP_S = 5.0  # to finish a step; only then is a loop cancelled, which may tear a transaction

_log = structlog.get_logger(__name__)


class Stop:
    """Tells loops to end."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        self._event.set()

    async def wait(self) -> bool:
        """Wait until told to end."""
        return await self._event.wait()

    async def pause(self, seconds: float) -> None:
        """Sleep, but not beyond the end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()


Loop = Callable[[Stop], Awaitable[None]]
"""Runs until told to stop."""


def beside(**loops: Loop) -> Callable[[web.Application], AsyncIterator[None]]:
    """A clean-up context that runs these loops; the names are for the log and for whoever looks at the tasks."""

    async def context(_app: web.Application) -> AsyncIterator[None]:
        stop = Stop()
        tasks = [asyncio.create_task(_keep_running(name, loop, stop), name=name) for name, loop in loops.items()]
        yield
        stop.set()
        _, slow = await asyncio.wait(tasks, timeout=_STOP_S)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)

    return context


async def _keep_running(name: str, loop: Loop, stop: Stop) -> None:
    while not stop.is_set:
        try:
            await loop(stop)
        except Exception:  # noqa: BLE001  # a fault in one loop must not leave the service without it
            _log.exception("a background loop broke off and begins again", loop=name)
            await stop.pause(_AGAIN_S)

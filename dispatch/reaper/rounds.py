"""The reaper's rounds. Calls and rooms have rounds of their own: many strange rooms must not keep a call waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from callcore import errors
from dispatch import background, metrics
from dispatch.livekit import rooms
from dispatch.reaper import clearing, judging

_EVERY_S = 2.0
_ROUND_S = 30.0  # each request has its own deadline; this one is for all of them together

_log = structlog.get_logger(__name__)


class Rounds:
    """One kind of round, again and again."""

    def __init__(self, name: str, go: Callable[[], Awaitable[None]], counters: metrics.Metrics) -> None:
        self._name = name
        self._go = go
        self._metrics = counters
        self._failure: str | None = None
        self._turn = asyncio.Lock()

    async def once(self) -> None:
        """One round; two never overlap, because each goes on from what the one before has seen.

        Raises:
            Unavailable: LiveKit or the store does not answer.
        """
        async with self._turn:
            await self._go()

    async def run(self, stop: background.Stop) -> None:
        """A round every two seconds."""
        while not stop.is_set:
            failure = await self._try()
            if failure != self._failure:
                _log.warning("the reaper's sight changed", round=self._name, error=failure)
            self._failure = failure
            await stop.pause(_EVERY_S)

    async def _try(self) -> str | None:
        try:
            async with asyncio.timeout(_ROUND_S):
                await self.once()
        except rooms.LiveKitUnavailable as error:
            self._metrics.livekit_failures.labels(request="reap").inc()
            return error.public_code
        except errors.Unavailable as error:
            return error.public_code
        except TimeoutError:
            return "timed_out"
        return None


class Reaper:
    """Both kinds."""

    def __init__(self, judge: judging.Judge, sweeper: clearing.Sweeper, counters: metrics.Metrics) -> None:
        self.judging = Rounds("judging", judge.round, counters)
        self.clearing = Rounds("clearing", sweeper.round, counters)

    async def round(self) -> None:
        """One round of each.

        Raises:
            Unavailable: LiveKit or the store does not answer.
        """
        await self.judging.once()
        await self.clearing.once()

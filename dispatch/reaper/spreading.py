"""Does one thing to many rooms or calls, some at once; where one fails, the others are done all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import structlog

from callcore import errors
from dispatch import metrics
from dispatch.livekit import rooms

_AT_ONCE = 8  # requests to LiveKit under way; each is short, and calls need LiveKit more than we do

_log = structlog.get_logger(__name__)

Thing = TypeVar("Thing")


async def over(things: Iterable[Thing], do: Callable[[Thing], Awaitable[None]], counters: metrics.Metrics) -> None:
    """Do it to each. A failure is counted and logged; the next round comes to that thing again."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(thing: Thing) -> None:
        async with gate:
            try:
                await do(thing)
            except errors.TrunklineError as error:
                if isinstance(error, rooms.LiveKitUnavailable):
                    counters.livekit_failures.labels(request="reap").inc()
                _log.warning("the reaper leaves something to its next round", error=error.public_code)

    async with asyncio.TaskGroup() as group:
        for thing in things:
            group.create_task(one(thing))

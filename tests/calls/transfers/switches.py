"""Hands the calls that reach the far phone to those who wait for them, by the number that was dialed."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import AsyncIterator

from lab import softphone

_LONGEST_S = 3600.0  # of a whole session; every wait of a test is shorter


class Switch:
    """One phone that is many: tests side by side each have their own numbers on it."""

    def __init__(self, phone: softphone.Softphone) -> None:
        self.phone = phone
        self._waiting: collections.defaultdict[str, asyncio.Queue[softphone.IncomingCall]]
        self._waiting = collections.defaultdict(asyncio.Queue)
        self._count: collections.Counter[str] = collections.Counter()

    async def next_call(self, number: str, *, timeout: float) -> softphone.IncomingCall:
        """The next call to a number of the phone; each is handed out once.

        Raises:
            TimeoutError: none came.
        """
        async with asyncio.timeout(timeout):
            return await self._waiting[number].get()

    def calls(self, number: str) -> int:
        """How many calls have come to a number."""
        return self._count[number]

    async def run(self) -> None:
        """Hand out calls until told to stop."""
        while True:
            call = await self.phone.next_call(timeout=_LONGEST_S)
            self._count[call.dialed] += 1
            self._waiting[call.dialed].put_nowait(call)


@contextlib.asynccontextmanager
async def running(phone: softphone.Softphone) -> AsyncIterator[Switch]:
    """A switch that hands out calls until the block ends."""
    switch = Switch(phone)
    task = asyncio.create_task(switch.run())
    try:
        yield switch
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

"""Waiting, always with a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from lab.softphone import errors

T = TypeVar("T")

_LOOK_AGAIN_S = 0.1
"""What depends on the clock alone is looked at this often; all else when something changes."""


async def within(future: asyncio.Future[T], *, timeout: float, what: str) -> T:
    """The result of a future, which goes on if the wait for it is given up.

    Raises:
        Deadline: not done in `timeout` seconds; `what` says what was missed.
    """
    try:
        async with asyncio.timeout(timeout):
            return await asyncio.shield(future)
    except TimeoutError as late:
        if future.done():
            raise
        raise errors.Deadline(f"{what} within {timeout:g} s") from late


class Changes:
    """Lets many wait for something to become true, and looks again whenever told that something changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def find(self, look: Callable[[], T | None], *, timeout: float, what: str) -> T:
        """The first result of `look` that is not None.

        Raises:
            Deadline: none in `timeout` seconds; `what` says what was missed.
        """
        deadline = time.monotonic() + timeout
        while (found := look()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise errors.Deadline(f"{what} within {timeout:g} s")
            await self._change(min(left, _LOOK_AGAIN_S))
        return found

    async def _change(self, at_most_s: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait([future], timeout=at_most_s)
        finally:
            self._waiting.discard(future)

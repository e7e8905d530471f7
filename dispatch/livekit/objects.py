"""LiveKit's trunks and rules, as the keeper sees them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol

from livekit import api

from dispatch.livekit import rooms
from sip_config import apply, configurations

APPLY_S = 20.0
"""The longest that any of it takes: some hundred objects at some milliseconds each."""


class Objects(Protocol):
    """LiveKit's trunks and rules.

    All of them raise `Unavailable`, or `Conflict` where somebody else's object is in the way.
    """

    async def look(self, configuration: configurations.Configuration) -> apply.Sight:
        """What is there and what is not. Only looks."""
        ...

    async def restore(self, configuration: configurations.Configuration) -> None:
        """Make again what is gone; leave alone what somebody has changed."""
        ...

    async def apply(self, configuration: configurations.Configuration) -> None:
        """Make everything as wanted; changes nothing where it is."""
        ...


class LiveKitObjects:
    """`Objects` over LiveKit's API."""

    def __init__(self, livekit: api.LiveKitAPI) -> None:
        self._livekit = livekit

    async def look(self, configuration: configurations.Configuration) -> apply.Sight:
        async with _in_time():
            return await apply.look(configuration, self._livekit)

    async def restore(self, configuration: configurations.Configuration) -> None:
        async with _in_time():
            await apply.restore(configuration, self._livekit)

    async def apply(self, configuration: configurations.Configuration) -> None:
        async with _in_time():
            await apply.apply(configuration, self._livekit)


@contextlib.asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(APPLY_S):
            yield
    except TimeoutError:
        raise rooms.LiveKitUnavailable(f"LiveKit took longer than {APPLY_S:g} s for trunks and rules") from None

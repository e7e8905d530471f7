"""Requests that do something once, however often they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from callcore import errors
from cli import api

_TRIES = 3  # a connection may break while dispatch does what it is asked; the key sees to it that it is done once
_PAUSE_S = 0.5


async def once(ask: Callable[[], Awaitable[api.Json]]) -> api.Json:
    """Ask, and ask again where dispatch went away; the request must have an `Idempotency-Key`.

    Raises:
        ApiRefused: it may not be done, or not now.
        DispatchUnavailable: nobody answers.
    """
    for _ in range(_TRIES - 1):
        try:
            return await ask()
        except errors.DispatchUnavailable:
            await asyncio.sleep(_PAUSE_S)
    return await ask()

"""Waiting for the first of several things."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any


@contextlib.asynccontextmanager
async def together(*works: Coroutine[Any, Any, Any]) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """These, under way side by side; none of them outlives the block. What they raise is for whoever asks them."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def first(*works: Coroutine[Any, Any, Any], timeout: float | None = None) -> int | None:
    """Wait for the first of these, and stop the others; which one it was, or None where the time was up before.

    Raises:
        Exception: what that one raised.
    """
    async with together(*works) as tasks:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for number, task in enumerate(tasks):
            if task.done():
                task.result()
                return number
    return None

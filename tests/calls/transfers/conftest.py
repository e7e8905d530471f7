"""The far phone as many, and the numbers on it that no other test uses at the moment."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from lab import softphone
from tests.calls.transfers import switches


@pytest_asyncio.fixture(loop_scope="session")
async def switch(callee: softphone.Softphone) -> AsyncIterator[switches.Switch]:
    async with switches.running(callee) as opened:
        yield opened

"""Waiting for a call to change: by hints, and by looking now and then."""

from __future__ import annotations

import asyncio

import pytest

from dispatch import wakeups

pytestmark = pytest.mark.unit

SOON_S = 30.0
NEVER_S = 3600.0


class Counter:
    """What a waiter sees, and how often it has looked."""

    def __init__(self, seen: int = 0) -> None:
        self.seen = seen
        self.looks = 0
        self.has_looked = asyncio.Event()

    async def look(self) -> int:
        self.looks += 1
        self.has_looked.set()
        return self.seen


async def until(hints: wakeups.Wakeups, counter: Counter, *, every_s: float, within_s: float = NEVER_S) -> int:
    async with asyncio.timeout(SOON_S):
        return await hints.until("call_1", counter.look, lambda seen: seen > 0, every_s=every_s, within_s=within_s)


async def test_what_is_there_is_not_waited_for() -> None:
    counter = Counter(1)
    assert await until(wakeups.Wakeups(), counter, every_s=NEVER_S) == 1
    assert counter.looks == 1


async def test_a_hint_saves_the_wait() -> None:
    hints, counter = wakeups.Wakeups(), Counter()
    waiting = asyncio.create_task(until(hints, counter, every_s=NEVER_S))
    await counter.has_looked.wait()
    hints.notify("call_of_others")
    counter.seen = 2
    hints.notify("call_1")
    assert await waiting == 2
    assert counter.looks == 2


async def test_what_nobody_hints_at_is_seen_all_the_same() -> None:
    counter = Counter()
    waiting = asyncio.create_task(until(wakeups.Wakeups(), counter, every_s=0.01))
    await counter.has_looked.wait()
    counter.seen = 3
    assert await waiting == 3


async def test_when_the_time_is_up_it_is_what_there_is_then() -> None:
    hints, counter = wakeups.Wakeups(), Counter()
    assert await until(hints, counter, every_s=NEVER_S, within_s=0.01) == 0
    assert counter.looks == 2
    assert await until(hints, counter, every_s=NEVER_S, within_s=0) == 0
    assert counter.looks == 3


async def test_nobody_is_remembered_who_waits_no_more() -> None:
    hints, counter = wakeups.Wakeups(), Counter()
    waiting = asyncio.create_task(until(hints, counter, every_s=NEVER_S))
    await counter.has_looked.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not hints._waiting

"""Hints within this process that a call changed. The store is the truth and is polled; a hint saves the wait."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

Seen = TypeVar("Seen")


class Subscription:
    """One waiter for one call."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def notify(self) -> None:
        self._changed.set()

    async def wait(self, timeout_s: float) -> None:
        """Return at the next change, or when the time is up. A change since the last wait counts."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        self._changed.clear()


class Wakeups:
    """Passes hints from the ledger to whoever follows a call."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[Subscription]] = defaultdict(set)

    def notify(self, call_id: str) -> None:
        for subscription in self._waiting.get(call_id, ()):
            subscription.notify()

    def notify_all(self) -> None:
        """Wake everybody, as at the end of the process."""
        for subscriptions in self._waiting.values():
            for subscription in subscriptions:
                subscription.notify()

    @contextlib.asynccontextmanager
    async def following(self, call_id: str) -> AsyncIterator[Subscription]:
        """Subscribe to a call. Subscribe before reading the store, so that no change falls in between."""
        subscription = Subscription()
        self._waiting[call_id].add(subscription)
        try:
            yield subscription
        finally:
            self._waiting[call_id].discard(subscription)
            if not self._waiting[call_id]:
                del self._waiting[call_id]

    async def until(
        self,
        call_id: str,
        look: Callable[[], Awaitable[Seen]],
        is_enough: Callable[[Seen], bool],
        *,
        every_s: float,
        within_s: float = math.inf,
    ) -> Seen:
        """What was seen of a call: the first sight that is enough, or the last one when the time is up.

        Args:
            call_id: of the call.
            look: reads the store. It is asked at once, at every hint, and when the time is up.
            is_enough: whether what was seen is what is waited for.
            every_s: how often to look without a hint, for what another process writes.
            within_s: how long to wait.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        async with self.following(call_id) as subscription:
            while True:
                seen = await look()
                left_s = deadline - loop.time()
                if is_enough(seen) or left_s <= 0:
                    return seen
                await subscription.wait(min(every_s, left_s))

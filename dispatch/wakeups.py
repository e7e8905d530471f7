"""Hints within this process that a call changed. The store is the truth and is polled; a hint saves the wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator


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

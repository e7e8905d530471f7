"""How much is sent at once: to each endpoint by itself, so that one that hangs keeps no other waiting."""

from __future__ import annotations

import collections

from dispatch.store import deliveries

MOST = 2048
"""In hand in all."""
PER_ENDPOINT = 32
"""At once to one endpoint;"""
TO_A_FAILING_ONE = 4
"""to one of which nothing but failure comes: many of these together leave room for the others."""

_IN_LINE = 3  # times as many: sending goes on while a round writes, and the rounds are few

_FAILING = 10  # attempts without a success between


class Slots:
    """What is in hand, by endpoint: under way, or next in line for it."""

    def __init__(self) -> None:
        self._under_way: collections.Counter[str] = collections.Counter()
        self._lines: dict[str, collections.deque[deliveries.Delivery]] = {}
        self._failures: collections.Counter[str] = collections.Counter()
        self._total = 0

    def room(self, url: str) -> int:
        """How much more may be taken in hand for an endpoint now."""
        in_hand = self._under_way[url] + len(self._lines.get(url, ()))
        return max(0, min((1 + _IN_LINE) * self._cap(url) - in_hand, MOST - self._total))

    def take(self, delivery: deliveries.Delivery) -> bool:
        """Take one in hand; whether it may be sent now, or waits in line."""
        self._total += 1
        if self._under_way[delivery.url] < self._cap(delivery.url):
            self._under_way[delivery.url] += 1
            return True
        self._lines.setdefault(delivery.url, collections.deque()).append(delivery)
        return False

    def give_back(self, url: str, *, is_success: bool | None) -> deliveries.Delivery | None:
        """Let one go; the next in line, which is to be sent now.

        Args:
            url: the endpoint.
            is_success: how the attempt went; None where none was made.
        """
        self._total -= 1
        if is_success is not None:
            self._note(url, is_success=is_success)
        line = self._lines.get(url)
        if line and self._under_way[url] <= self._cap(url):
            return line.popleft()
        self._under_way[url] -= 1
        if not self._under_way[url]:
            del self._under_way[url]
            self._lines.pop(url, None)
        return None

    def _cap(self, url: str) -> int:
        return TO_A_FAILING_ONE if self._failures[url] >= _FAILING else PER_ENDPOINT

    def _note(self, url: str, *, is_success: bool) -> None:
        if is_success:
            self._failures.pop(url, None)
        else:
            self._failures[url] += 1

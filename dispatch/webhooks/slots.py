"""How much is sent at once: to each endpoint by itself, so that one that hangs keeps no other waiting."""

from __future__ import annotations

import collections

MOST = 256
"""At once in all."""
PER_ENDPOINT = 32
"""At once to one endpoint;"""
TO_A_FAILING_ONE = 4
"""to one of which nothing but failure comes: many of these together leave room for the others."""

_FAILING = 10  # attempts without a success between


class Slots:
    """What is under way, by endpoint."""

    def __init__(self) -> None:
        self._under_way: collections.Counter[str] = collections.Counter()
        self._failures: collections.Counter[str] = collections.Counter()

    @property
    def total(self) -> int:
        """How much is under way in all."""
        return self._under_way.total()

    def room(self, url: str) -> int:
        """How much more may be sent there now."""
        cap = TO_A_FAILING_ONE if self._failures[url] >= _FAILING else PER_ENDPOINT
        return max(0, min(cap - self._under_way[url], MOST - self.total))

    def take(self, url: str) -> None:
        self._under_way[url] += 1

    def give_back(self, url: str) -> None:
        self._under_way[url] -= 1
        if not self._under_way[url]:
            del self._under_way[url]

    def note(self, url: str, *, is_success: bool) -> None:
        """Remember how an attempt went."""
        if is_success:
            self._failures.pop(url, None)
        else:
            self._failures[url] += 1

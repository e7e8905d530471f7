"""The retransmission timers of SIP over UDP (RFC 3261 table 4), and named alarms to run them with."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol


@dataclasses.dataclass(frozen=True, kw_only=True)
class Timers:
    """The base values; every timer A to M is derived from them."""

    t1_s: float = 0.5
    """Estimated round trip: the first retransmission."""
    t2_s: float = 4.0
    """The longest interval between retransmissions, except of an INVITE."""
    t4_s: float = 5.0
    """How long a message may linger in the network."""

    @property
    def give_up_s(self) -> float:
        """Timers B, F, H, J and M."""
        return 64 * self.t1_s

    @property
    def absorb_s(self) -> float:
        """Timer D: late copies of a refusal are acknowledged for so long."""
        return max(32.0, self.give_up_s)


class Handle(Protocol):
    """A pending callback."""

    def cancel(self) -> None: ...


Schedule = Callable[[float, Callable[[], None]], Handle]
"""Runs something after so many seconds, as `loop.call_later` does."""


class Alarms:
    """The pending alarms of one transaction, by name; setting one again replaces it."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._pending: dict[str, Handle] = {}

    def set(self, name: str, delay_s: float, ring: Callable[[], None]) -> None:
        self.cancel(name)
        self._pending[name] = self._schedule(delay_s, ring)

    def cancel(self, name: str) -> None:
        handle = self._pending.pop(name, None)
        if handle is not None:
            handle.cancel()

    def cancel_all(self) -> None:
        for name in list(self._pending):
            self.cancel(name)

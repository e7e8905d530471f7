"""Keypad digits as RTP events (RFC 4733)."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterator

from lab.softphone import errors, sounds

PAYLOAD_TYPE = 101
"""The dynamic payload type that everybody uses for telephone-event."""
DIGITS = "0123456789*#ABCD"
"""Position is the event code (RFC 4733 section 3.2)."""
_EVENT = struct.Struct("!BBH")
_END = 0x80
_VOLUME = 10
"""Power of the tone it stands for, in -dBm0."""
_END_COPIES = 3
"""The last packet is sent three times (RFC 4733 section 2.5.1.4)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EventPacket:
    """What one packet says of a keypad event; `is_first` calls for the marker bit and a new timestamp."""

    payload: bytes
    is_first: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Press:
    """A digit heard."""

    digit: str
    at_s: float
    """When its first packet arrived, in seconds since the call began."""


def packets(digit: str, tone_s: float) -> Iterator[EventPacket]:
    """The packets of one digit, one per 20 ms: updates with growing duration, then the end, three times."""
    event = DIGITS.index(digit)
    updates = max(1, round(tone_s / sounds.FRAME_S))
    for update in range(1, updates + 1):
        payload = _EVENT.pack(event, _VOLUME, update * sounds.FRAME)
        yield EventPacket(payload=payload, is_first=update == 1)
    ending = _EVENT.pack(event, _END | _VOLUME, updates * sounds.FRAME)
    for _ in range(_END_COPIES):
        yield EventPacket(payload=ending, is_first=False)


class Listener:
    """Makes one digit of the many packets that speak of it: they share source and timestamp."""

    def __init__(self) -> None:
        self.presses: list[Press] = []
        self._last: tuple[int, int] | None = None

    def hear(self, payload: bytes, *, ssrc: int, timestamp: int, at_s: float) -> bool:
        """Takes one event packet in; true if it tells of a new digit.

        Raises:
            MalformedMessage: it is no event packet.
        """
        if len(payload) < _EVENT.size:
            raise errors.MalformedMessage("too short for a telephone event")
        event = payload[0]
        if event >= len(DIGITS) or self._last == (ssrc, timestamp):
            return False
        self._last = ssrc, timestamp
        self.presses.append(Press(digit=DIGITS[event], at_s=at_s))
        return True

"""RTP packets (RFC 3550 section 5.1)."""

from __future__ import annotations

import dataclasses
import struct

from lab.softphone import errors

_HEADER = struct.Struct("!BBHII")
_VERSION = 2
_WRAP = 1 << 32


@dataclasses.dataclass(frozen=True, kw_only=True)
class Packet:
    """One RTP packet."""

    payload_type: int
    sequence: int
    timestamp: int
    """In samples, modulo 2**32."""
    ssrc: int
    payload: bytes
    marker: bool = False
    """The first packet of a talk spurt or of a keypad event."""

    def encode(self) -> bytes:
        second = (0x80 if self.marker else 0) | self.payload_type
        fixed = _HEADER.pack(_VERSION << 6, second, self.sequence & 0xFFFF, self.timestamp % _WRAP, self.ssrc)
        return fixed + self.payload


def parse(datagram: bytes) -> Packet:
    """Reads one datagram; contributing sources, header extension and padding are skipped.

    Raises:
        MalformedMessage: it is no RTP packet.
    """
    if len(datagram) < _HEADER.size:
        raise errors.MalformedMessage("too short for RTP")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(datagram)
    if first >> 6 != _VERSION:
        raise errors.MalformedMessage("not RTP version 2")
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(datagram) < start + 4:
            raise errors.MalformedMessage("RTP header extension cut off")
        start += 4 + 4 * struct.unpack_from("!H", datagram, start + 2)[0]
    end = len(datagram) - (datagram[-1] if first & 0x20 else 0)
    if end < start:
        raise errors.MalformedMessage("RTP packet cut off")
    return Packet(
        payload_type=second & 0x7F,
        sequence=sequence,
        timestamp=timestamp,
        ssrc=ssrc,
        payload=datagram[start:end],
        marker=bool(second & 0x80),
    )


def steps(later: int, earlier: int) -> int:
    """Samples from one timestamp to another, across the wrap; negative if `later` is in fact the earlier one."""
    return (later - earlier + _WRAP // 2) % _WRAP - _WRAP // 2

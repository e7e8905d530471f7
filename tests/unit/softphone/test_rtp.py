import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import softphone
from lab.softphone import rtp

pytestmark = pytest.mark.unit

PACKET = rtp.Packet(
    payload_type=101, sequence=65_535, timestamp=0xFFFFFFF0, ssrc=0xDEADBEEF, payload=b"\x01\x8a\x03\x20", marker=True
)


def test_a_packet_reads_the_same_again() -> None:
    assert rtp.parse(PACKET.encode()) == PACKET


def test_the_header_is_laid_out_as_in_rfc_3550() -> None:
    assert PACKET.encode()[:12] == bytes.fromhex("80 e5 ffff fffffff0 deadbeef")


def test_sequence_and_timestamp_wrap() -> None:
    packet = rtp.Packet(payload_type=0, sequence=65_536, timestamp=2**32 + 160, ssrc=1, payload=b"")
    read = rtp.parse(packet.encode())
    assert (read.sequence, read.timestamp) == (0, 160)


def test_sources_extension_and_padding_are_skipped() -> None:
    fixed = struct.pack("!BBHII", 0x80 | 0x20 | 0x10 | 2, 0, 1, 2, 3)
    datagram = fixed + bytes(8) + struct.pack("!HH", 0xBEDE, 1) + bytes(4) + b"audio" + b"\0\0\x03"
    assert rtp.parse(datagram).payload == b"audio"


@pytest.mark.parametrize(
    "datagram", [b"", bytes(11), b"\x40" + bytes(20), b"\xa0" + bytes(11) + b"\xff", b"\x90" + bytes(11)]
)
def test_what_is_no_packet_is_refused(datagram: bytes) -> None:
    with pytest.raises(softphone.MalformedMessage):
        rtp.parse(datagram)


@given(st.integers(0, 2**32 - 1), st.integers(-(2**31) + 1, 2**31 - 1))
def test_steps_count_across_the_wrap(start: int, count: int) -> None:
    assert rtp.steps((start + count) % 2**32, start) == count

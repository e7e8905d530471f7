"""A UDP socket for RTP that knows when each packet really arrived."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import time
from collections.abc import Callable

from lab.softphone import uris

OnDatagram = Callable[[bytes, float], None]
"""Takes a datagram and its time of arrival by the monotonic clock."""

# The kernel stamps what it takes in (socket(7)); Python 3.11 has no name for the option. Elsewhere than on Linux the
# time of reading has to do, which is late by as much as the event loop is busy.
_SO_TIMESTAMPNS = 35 if sys.platform == "linux" else None
_TIMESPEC = struct.Struct("@qq")
_LARGEST_DATAGRAM = 2048
_BUFFER_BYTES = 1 << 20  # Several seconds of packets, should the event loop stall.
_MOST_PER_WAKE = 100  # Other tasks get their turn even under a flood.


class MediaSocket:
    """One bound UDP socket, read by the running event loop until closed."""

    def __init__(self, ip: str, on_datagram: OnDatagram) -> None:
        self._on_datagram = on_datagram
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        if _SO_TIMESTAMPNS is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.bind((ip, 0))
        self.port: int = self._socket.getsockname()[1]
        self._loop.add_reader(self._socket, self._read)

    def send(self, datagram: bytes, address: uris.Address) -> None:
        """Sends, or drops as a network would when the socket's buffer is full."""
        try:
            self._socket.sendto(datagram, address)
        except BlockingIOError:
            return

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _read(self) -> None:
        for _ in range(_MOST_PER_WAKE):
            if self._socket.fileno() < 0:
                return
            try:
                datagram, ancillary, _, _ = self._socket.recvmsg(_LARGEST_DATAGRAM, socket.CMSG_SPACE(_TIMESPEC.size))
            except (BlockingIOError, ConnectionError):
                return
            self._on_datagram(datagram, _arrival(ancillary))


def _arrival(ancillary: list[tuple[int, int, bytes]]) -> float:
    now = time.monotonic()
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            age_s = time.time() - float(seconds + nanoseconds / 1e9)
            return now - max(0.0, age_s)
    return now

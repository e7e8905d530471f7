"""The other side by hand: a socket that sends and receives single SIP messages."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

from lab import softphone
from lab.softphone import messages, uris

_WAIT_S = 20.0


class RawPeer:
    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self.address: uris.Address = sock.getsockname()
        self._count = 0

    @property
    def uri(self) -> str:
        return f"sip:peer@{self.address[0]}:{self.address[1]}"

    def send(self, message: messages.Request | messages.Response | bytes, address: uris.Address) -> None:
        self._socket.sendto(message if isinstance(message, bytes) else message.encode(), address)

    async def receive(self) -> messages.Request | messages.Response:
        datagram = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._socket, 4096), _WAIT_S)
        return messages.parse(datagram)

    async def request(self, method: str | None = None) -> messages.Request:
        """The next request, of a method if given; anything else before it is passed over."""
        while True:
            message = await self.receive()
            if isinstance(message, messages.Request) and method in (None, message.method):
                return message

    async def response(self, code: int) -> messages.Response:
        while True:
            message = await self.receive()
            if isinstance(message, messages.Response) and message.code == code:
                return message

    def compose(self, method: str, target: str, *more: tuple[str, str], body: bytes = b"") -> messages.Request:
        """A request outside of any dialog, unless `more` makes it one."""
        self._count += 1
        headers = softphone.Headers.of(
            ("Via", f"SIP/2.0/UDP {self.address[0]}:{self.address[1]};branch=z9hG4bKraw{self._count};rport"),
            ("From", f"<{self.uri}>;tag=raw"),
            ("To", f"<{target}>"),
            ("Call-ID", "raw-call"),
            ("CSeq", f"{self._count} {method}"),
            ("Contact", f"<{self.uri}>"),
        )
        given = softphone.Headers.of(*more)
        kept = headers.without(*(name for name, _ in given))
        return messages.Request(method=method, uri=target, headers=kept + given, body=body)


@contextlib.contextmanager
def raw_peer() -> Iterator[RawPeer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind(("127.0.0.1", 0))
        yield RawPeer(sock)

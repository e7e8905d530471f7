"""The signalling of one phone: a UDP socket, the transactions on it, and who listens to what."""

from __future__ import annotations

import asyncio
import secrets

from lab.softphone import client_transactions, errors, messages, signalling, timers, transactions, uris

_MAGIC_COOKIE = "z9hG4bK"
"""Begins every branch (RFC 3261 section 8.1.1.7)."""

MOST_LOGS = 1000
"""The messages of so many calls are kept track of; of older ones, what comes late is not logged any more."""


class UserAgent(asyncio.DatagramProtocol):
    """Speaks SIP over one socket. Made by `open`."""

    def __init__(
        self, *, on_request: transactions.OnRequest, on_ack: transactions.OnAck, base_timers: timers.Timers
    ) -> None:
        loop = asyncio.get_running_loop()
        wire = client_transactions.Wire(send=self.send, schedule=loop.call_later, timers=base_timers)
        self.transactions = transactions.Transactions(wire, on_request=on_request, on_ack=on_ack)
        self.ip, self.port = "", 0
        self._logs: dict[str, signalling.SignallingLog] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._is_gone: asyncio.Future[None] = loop.create_future()

    async def open(self, ip: str, port: int) -> None:
        """Binds the socket.

        Args:
            ip: the local address, which also goes into Via and Contact.
            port: 0 for any free one.
        """
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(ip, port))
        self.ip, self.port = self._transport.get_extra_info("sockname")[:2]

    async def close(self) -> None:
        """Stops all transactions and frees the socket."""
        self.transactions.close()
        if self._transport is not None:
            self._transport.close()
            await self._is_gone  # comes with the loop's next turn
            self._transport = None

    def via(self) -> str:
        """The Via value of a new transaction."""
        return f"SIP/2.0/UDP {self.ip}:{self.port};branch={_MAGIC_COOKIE}{secrets.token_hex(8)};rport"

    def contact(self, user: str) -> tuple[str, str]:
        """The Contact header of a call."""
        return "Contact", f"<sip:{user}@{self.ip}:{self.port}>"

    def log(self, call_id: str, log: signalling.SignallingLog) -> None:
        """Enters all messages of a call into a log, also those that come after its end."""
        self._logs[call_id] = log
        if len(self._logs) > MOST_LOGS:
            self._logs.pop(next(iter(self._logs)))

    def send(self, message: messages.Request | messages.Response, address: uris.Address) -> None:
        """Puts one message on the wire."""
        if self._transport is None:
            return
        self._enter(message, was_sent=True)
        self._transport.sendto(message.encode(), address)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_gone.done():
            self._is_gone.set_result(None)

    def datagram_received(self, data: bytes, addr: uris.Address) -> None:
        if not data.strip():
            return  # a keep-alive (RFC 5626 section 3.5.1)
        try:
            message = messages.parse(data)
            self._enter(message, was_sent=False)
            self.transactions.receive(message, addr)
        except errors.MalformedMessage:
            return  # as good as lost: the sender sends it again or gives up

    def _enter(self, message: messages.Request | messages.Response, *, was_sent: bool) -> None:
        log = self._logs.get(message.call_id)
        if log is not None:
            log.add(message, was_sent=was_sent)

"""All transactions of one phone: which message belongs to which (RFC 3261 sections 17.1.3 and 17.2.3)."""

from __future__ import annotations

from collections.abc import Callable

from lab.softphone import messages, uris
from lab.softphone.client_transactions import ClientTransaction, InviteClientTransaction, Outcome, Wire
from lab.softphone.server_transactions import InviteServerTransaction, ServerTransaction

OnRequest = Callable[[messages.Request, ServerTransaction], None]
OnAck = Callable[[messages.Request], None]
_Key = tuple[str, ...]


class Transactions:
    """Matches what arrives to what is under way, and hands new requests on."""

    def __init__(self, wire: Wire, *, on_request: OnRequest, on_ack: OnAck) -> None:
        self._wire = wire
        self._on_request = on_request
        self._on_ack = on_ack
        self._clients: dict[_Key, ClientTransaction] = {}
        self._servers: dict[_Key, ServerTransaction] = {}

    def request(
        self, request: messages.Request, address: uris.Address, outcome: Outcome, *, acks: bool = True
    ) -> ClientTransaction:
        """Sends a request, and again until it is answered. `acks` off: refusals of an INVITE get no ACK."""
        self._sweep()
        transaction = (
            InviteClientTransaction(request, address, self._wire, outcome, acks=acks)
            if request.method == "INVITE"
            else ClientTransaction(request, address, self._wire, outcome)
        )
        self._clients[request.branch, request.method] = transaction
        transaction.start()
        return transaction

    def receive(self, message: messages.Request | messages.Response, source: uris.Address) -> None:
        if isinstance(message, messages.Response):
            client = self._clients.get((message.branch, message.cseq_method))
            if client is not None:
                client.receive(message)
        elif message.method == "ACK":
            self._receive_ack(message)
        else:
            self._receive_request(message, source)

    def invite_of(self, cancel: messages.Request) -> ServerTransaction | None:
        """The INVITE that a CANCEL is about."""
        return self._servers.get(_server_key(cancel, "INVITE"))

    def close(self) -> None:
        """Stops every timer and forgets everything."""
        for client in self._clients.values():
            client.close()
        for server in self._servers.values():
            server.close()
        self._sweep()

    def _receive_ack(self, ack: messages.Request) -> None:
        """The ACK of a refusal has the branch of its INVITE; that of a 2xx has its own and belongs to the dialog."""
        invite = self._servers.get(_server_key(ack, "INVITE"))
        if isinstance(invite, InviteServerTransaction):
            invite.acknowledged()
        else:
            self._on_ack(ack)

    def _receive_request(self, request: messages.Request, source: uris.Address) -> None:
        key = _server_key(request, request.method)
        known = self._servers.get(key)
        if known is not None:
            known.repeated()
            return
        self._sweep()
        kind = InviteServerTransaction if request.method == "INVITE" else ServerTransaction
        self._servers[key] = transaction = kind(request, source, self._wire)
        self._on_request(request, transaction)

    def _sweep(self) -> None:
        """Forgets the finished ones."""
        self._clients = {key: client for key, client in self._clients.items() if not client.is_done}
        self._servers = {key: server for key, server in self._servers.items() if not server.is_done}


def _server_key(request: messages.Request, method: str) -> _Key:
    host, port = request.sent_by
    return request.branch, f"{host}:{port}", method

"""Requests that this phone receives: copies get the same response again (RFC 3261 section 17.2)."""

from __future__ import annotations

from collections.abc import Callable

from lab.softphone import client_transactions, messages, timers, uris


class ServerTransaction:
    """Any request but INVITE and ACK (RFC 3261 section 17.2.2)."""

    def __init__(self, request: messages.Request, source: uris.Address, wire: client_transactions.Wire) -> None:
        self.request = request
        self.is_done = False
        self._address = _reply_address(request, source)
        self._wire = wire
        self._alarms = timers.Alarms(wire.schedule)
        self._last: messages.Response | None = None

    @property
    def is_answered(self) -> bool:
        """Whether the final response has been sent."""
        return self._last is not None and self._last.is_final

    def respond(self, response: messages.Response) -> None:
        self._last = response
        self._wire.send(response, self._address)
        if response.is_final:
            self._completed()

    def repeated(self) -> None:
        """The same request came again."""
        if self._last is not None:
            self._wire.send(self._last, self._address)

    def close(self) -> None:
        self._alarms.cancel_all()
        self.is_done = True

    def _completed(self) -> None:
        self._alarms.set("forget", self._wire.timers.give_up_s, self.close)


class InviteServerTransaction(ServerTransaction):
    """INVITE (RFC 3261 sections 17.2.1 and 13.3.1.4).

    Every final response is sent again until its ACK: a refusal as the transaction's own duty, a 2xx on behalf of the
    dialog, which calls `acknowledged` when the ACK reaches it.
    """

    def __init__(self, request: messages.Request, source: uris.Address, wire: client_transactions.Wire) -> None:
        super().__init__(request, source, wire)
        self.on_never_acknowledged: Callable[[], None] = lambda: None
        self._interval_s = wire.timers.t1_s
        self._acknowledged = False

    def acknowledged(self) -> None:
        if self.is_answered and not self._acknowledged:
            self._acknowledged = True
            self._alarms.cancel_all()
            # Stays as long as copies of the INVITE may arrive: they must not ring the phone again.
            self._alarms.set("forget", self._wire.timers.give_up_s, self.close)

    def repeated(self) -> None:
        if not self._acknowledged:
            super().repeated()

    def _completed(self) -> None:
        self._alarms.set("resend", self._interval_s, self._resend)
        self._alarms.set("give up", self._wire.timers.give_up_s, self._give_up)

    def _resend(self) -> None:
        super().repeated()
        self._interval_s = min(2 * self._interval_s, self._wire.timers.t2_s)
        self._alarms.set("resend", self._interval_s, self._resend)

    def _give_up(self) -> None:
        self.close()
        self.on_never_acknowledged()


def _reply_address(request: messages.Request, source: uris.Address) -> uris.Address:
    """Where responses go: to the source if the client asked for rport (RFC 3581), else to the port it names in Via."""
    if uris.parameter(request.required("Via"), "rport") is not None:
        return source
    return source[0], request.sent_by[1]

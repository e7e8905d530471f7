"""Requests that this phone sends: retransmitted until answered (RFC 3261 section 17.1)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from lab.softphone import messages, timers, uris
from lab.softphone.headers import Headers

Send = Callable[[messages.Request | messages.Response, uris.Address], None]
"""Puts one message on the wire."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wire:
    """What a transaction needs of the phone around it."""

    send: Send
    schedule: timers.Schedule
    timers: timers.Timers


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """Where a client transaction reports to."""

    on_response: Callable[[messages.Response], None]
    on_timeout: Callable[[], None]
    """No final response in 64 times T1."""


class ClientTransaction:
    """Any request but INVITE and ACK (RFC 3261 section 17.1.2)."""

    def __init__(self, request: messages.Request, address: uris.Address, wire: Wire, outcome: Outcome) -> None:
        self.request = request
        self.address = address
        self.is_done = False
        self._wire = wire
        self._outcome = outcome
        self._alarms = timers.Alarms(wire.schedule)
        self._interval_s = wire.timers.t1_s
        self._finals = 0

    def start(self) -> None:
        self._wire.send(self.request, self.address)
        self._alarms.set("resend", self._interval_s, self._resend)
        self._alarms.set("give up", self._wire.timers.give_up_s, self._time_out)

    def receive(self, response: messages.Response) -> None:
        if not response.is_final:
            self._interval_s = self._wire.timers.t2_s
            self._outcome.on_response(response)
            return
        self._finals += 1
        if self._finals == 1:
            self._linger(self._wire.timers.t4_s)
            self._outcome.on_response(response)

    def close(self) -> None:
        self._alarms.cancel_all()
        self.is_done = True

    def _resend(self) -> None:
        self._wire.send(self.request, self.address)
        self._interval_s = self._next_interval_s()
        self._alarms.set("resend", self._interval_s, self._resend)

    def _next_interval_s(self) -> float:
        return min(2 * self._interval_s, self._wire.timers.t2_s)

    def _time_out(self) -> None:
        self.close()
        self._outcome.on_timeout()

    def _linger(self, seconds: float) -> None:
        """Stays to absorb late copies of the final response."""
        self._alarms.cancel_all()
        self._alarms.set("forget", seconds, self.close)


class InviteClientTransaction(ClientTransaction):
    """INVITE (RFC 3261 section 17.1.1, with the accepted state of RFC 6026).

    Every 2xx is reported, copies too, because the dialog has to acknowledge each of them. A refusal is reported once
    and acknowledged here, unless `acks` is off.
    """

    def __init__(
        self, request: messages.Request, address: uris.Address, wire: Wire, outcome: Outcome, *, acks: bool = True
    ) -> None:
        super().__init__(request, address, wire, outcome)
        self._acks = acks

    def receive(self, response: messages.Response) -> None:
        if not response.is_final:
            self._alarms.cancel_all()
            self._outcome.on_response(response)
            return
        self._finals += 1
        if self._finals == 1:
            accepted = response.code < 300
            self._linger(self._wire.timers.give_up_s if accepted else self._wire.timers.absorb_s)
        if response.code >= 300 and self._acks:
            self._wire.send(_ack_of_refusal(self.request, response), self.address)
        if response.code < 300 or self._finals == 1:
            self._outcome.on_response(response)

    def _next_interval_s(self) -> float:
        return 2 * self._interval_s


def _ack_of_refusal(invite: messages.Request, response: messages.Response) -> messages.Request:
    """The ACK that belongs to the INVITE's own transaction (RFC 3261 section 17.1.1.3)."""
    headers = (
        Headers.of(("Via", invite.required("Via")))
        + invite.headers.only("Route", "From", "Call-ID", "Max-Forwards")
        + Headers.of(("To", response.required("To")), ("CSeq", f"{invite.cseq} ACK"))
    )
    return messages.Request(method="ACK", uri=invite.uri, headers=headers)

"""A call that this phone began."""

from __future__ import annotations

import dataclasses

from lab.softphone import accounts, calls, dialogs, endings, errors, messages, methods, setups, uris
from lab.softphone.client_transactions import ClientTransaction, Outcome
from lab.softphone.endings import EndedBy
from lab.softphone.headers import Headers
from lab.softphone.timelines import Milestone


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dialing:
    """Whom to call, and as whom."""

    target: str
    """The sip: URI to call."""
    caller: str
    """The user part of the From URI."""
    caller_host: str | None = None
    """Its host part; None: this phone's address."""
    name: str | None = None
    """The display name of the From header."""
    to: str | None = None
    """The URI of the To header; None: the target."""
    next_hop: uris.Address | None = None
    """Where the INVITE goes; None: to the target's host."""
    headers: Headers = dataclasses.field(default_factory=Headers)
    """Further headers of the INVITE."""


class OutgoingCall(calls.Call):
    """A call from the INVITE on."""

    def __init__(self, setup: setups.Setup, dialing: Dialing) -> None:
        self._address = dialing.next_hop or uris.parse(dialing.target).address
        super().__init__(setup)
        self._dialing = dialing
        self._invite = self._first_invite()
        self._answered_challenges = 0
        self._is_cancelling = False
        self._cancel: ClientTransaction | None = None

    def start(self) -> None:
        """Sends the INVITE."""
        transactions = self._setup.agent.transactions
        outcome = Outcome(on_response=self._receive_response, on_timeout=self._time_out)
        transactions.request(self._invite, self._address, outcome, acks=not self._setup.misbehaviour.never_acks)

    async def ringing(self, *, timeout: float) -> None:
        """Waits for the 180.

        Raises:
            CallRefused: a final response of 300 or more came instead.
        """
        await self._reach(Milestone.RINGING, timeout=timeout)

    async def early_media(self, *, timeout: float) -> None:
        """Waits for a 183 with a session description: from then on both sides can talk.

        Raises:
            CallRefused: a final response of 300 or more came instead.
        """
        await self._reach(Milestone.EARLY_MEDIA, timeout=timeout)

    async def cancel(self, *, timeout: float = calls.HANG_UP_S) -> endings.Ending:
        """Gives up before the answer. A call that was answered in the same moment is hung up."""
        return await self.hang_up(timeout=timeout)

    def leave(self, more: Headers | None = None) -> None:
        """Sends BYE; before the answer CANCEL, as soon as a provisional response allows it (RFC 3261 section 9.1)."""
        if self._dialog is not None:
            super().leave(more)
            return
        self._is_cancelling = True
        if self.timeline.reached(Milestone.TRYING):
            self._send_cancel()

    def _first_invite(self) -> messages.Request:
        setup, dialing = self._setup, self._dialing
        caller = f"<sip:{dialing.caller}@{dialing.caller_host or setup.agent.ip}>"
        headers = Headers.of(
            ("Via", setup.agent.via()),
            dialogs.MAX_FORWARDS,
            (
                "From",
                f"{_quoted(dialing.name)}{caller};tag={setup.tag}",
            ),
            ("To", f"<{dialing.to or dialing.target}>"),
            ("Call-ID", setup.call_id),
            ("CSeq", "1 INVITE"),
            self._contact,
            methods.ALLOWED,
            ("Content-Type", messages.SDP),
        )
        return messages.Request(
            method="INVITE", uri=dialing.target, headers=headers + dialing.headers, body=self._media.negotiation.offer()
        )

    def _receive_response(self, response: messages.Response) -> None:
        if response.cseq != self._invite.cseq:
            return  # a late copy of a challenge that has been met
        if not response.is_final:
            self._receive_provisional(response)
        elif response.code < 300:
            self._receive_answer(response)
        elif not self._invites_again(response):
            self._refused(response)
        self._changes.notify()

    def _receive_provisional(self, response: messages.Response) -> None:
        self.timeline.mark(Milestone.TRYING)
        if response.code > 100:
            self.timeline.mark(Milestone.RINGING)
        if response.body:
            self._hear_early(response.body)
        if self._is_cancelling:
            self._send_cancel()

    def _hear_early(self, body: bytes) -> None:
        """The other side described its audio before the answer; what cannot be used there may be corrected by it."""
        try:
            self._media.negotiation.accept(body)
        except errors.BadSdp:
            return
        self._begin_early_media()

    def _receive_answer(self, response: messages.Response) -> None:
        if self._dialog is not None:
            self._ack(response.cseq)  # a copy of the 2xx: our ACK was lost
            return
        self.timeline.mark(Milestone.ANSWERED)
        self._dialog = dialogs.Dialog.of_caller(self._invite, response)
        self._ack(response.cseq)
        if self._is_cancelling:
            super().leave()
            return
        try:
            self._media.negotiation.accept(response.body)
        except errors.BadSdp:
            super().leave()
            return
        self._begin_to_talk()

    def _refused(self, response: messages.Response) -> None:
        gave_up = response.code == 487 and self._is_cancelling
        self._end(
            EndedBy.CANCELLED if gave_up else EndedBy.REJECTED,
            code=response.code,
            phrase=response.phrase,
            headers=response.headers,
        )

    def _invites_again(self, refusal: messages.Response) -> bool:
        """Sends the INVITE with a proof, if that is what is missing."""
        proof = self._setup.account.proof(refusal, self._invite, answers=self._answered_challenges)
        if proof is None:
            return False
        self._answered_challenges += 1
        self._invite = accounts.again(self._invite, proof, via=self._setup.agent.via(), cseq=self._invite.cseq + 1)
        self.start()
        return True

    def _send_cancel(self) -> None:
        if self._cancel is not None:
            return
        invite = self._invite
        headers = Headers.of(("Via", invite.required("Via")), ("CSeq", f"{invite.cseq} CANCEL"))
        request = messages.Request(
            method="CANCEL",
            uri=invite.uri,
            headers=headers + invite.headers.only("Route", "Max-Forwards", "From", "To", "Call-ID"),
        )
        # The INVITE's own 487 ends the call; the response to the CANCEL says nothing about it.
        outcome = Outcome(on_response=lambda _: None, on_timeout=self._time_out)
        self._cancel = self._setup.agent.transactions.request(request, self._address, outcome)

    def _time_out(self) -> None:
        if self._dialog is None:
            self._end(EndedBy.TIMEOUT)


def _quoted(name: str | None) -> str:
    """A display name before its <address> (`quoted-string`, RFC 3261 section 25.1); nothing for None."""
    if name is None:
        return ""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" '

"""One call at a phone, whoever began it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from lab.softphone import endings, errors, exchanges, messages, methods, negotiation, sdp, setups, waits
from lab.softphone.client_transactions import Outcome
from lab.softphone.endings import EndedBy
from lab.softphone.headers import Headers
from lab.softphone.server_transactions import InviteServerTransaction, ServerTransaction
from lab.softphone.timelines import Milestone

HANG_UP_S = 5.0
"""How long hanging up may take by default."""


class Call(exchanges.Exchanges):
    """What both kinds of call share: an established dialog and its end."""

    def __init__(self, setup: setups.Setup) -> None:
        super().__init__(setup)
        self._answer: InviteServerTransaction | None = None
        self._reinvite: asyncio.Future[messages.Response] | None = None
        self._is_leaving = False

    @property
    def key(self) -> tuple[str, str]:
        """Call-ID and local tag: what the phone finds the call by."""
        return self._setup.call_id, self._setup.tag

    @property
    def agreed(self) -> negotiation.Agreement | None:
        """Codec, direction and addresses as last negotiated."""
        return self._media.negotiation.agreed

    async def rings_or_is_answered(self, *, timeout: float) -> None:
        """Waits for the 180, or for the 2xx where that comes first.

        Raises:
            CallRefused: a final response of 300 or more came instead.
        """
        await self._reach(Milestone.RINGING, Milestone.ANSWERED, timeout=timeout)

    async def answered(self, *, timeout: float) -> None:
        """Waits for the 2xx.

        Raises:
            CallRefused: a final response of 300 or more came instead.
        """
        await self._reach(Milestone.ANSWERED, timeout=timeout)

    async def ended(self, *, timeout: float) -> endings.Ending:
        """Waits until nothing is left of the call."""
        return await self._changes.find(lambda: self.ending, timeout=timeout, what="the call did not end")

    async def hang_up(self, *, headers: Mapping[str, str] | None = None, timeout: float = HANG_UP_S) -> endings.Ending:
        """Ends the call, and waits until the other side has agreed to that. Of a call that is over, its ending."""
        if self.ending is None:
            self.leave(Headers.given(headers))
        return await self.ended(timeout=timeout)

    def leave(self, more: Headers | None = None) -> None:
        """Begins to end the call: sends BYE, once."""
        if self._is_leaving:
            return
        self._is_leaving = True
        self.timeline.mark(Milestone.BYE)
        self._fall_silent()
        outcome = Outcome(
            on_response=lambda response: self._end(EndedBy.PHONE) if response.is_final else None,
            on_timeout=lambda: self._end(EndedBy.TIMEOUT),
        )
        self._request("BYE", outcome, more or Headers())

    async def reinvite(self, direction: sdp.Direction = sdp.Direction.SENDRECV, *, timeout: float = HANG_UP_S) -> None:
        """Offers the audio stream anew, for example `sendonly` to put the other side on hold.

        Raises:
            BadSdp: the other side's answer cannot be used.
            CallRefused: the other side keeps to what was agreed before.
            NotReached: the call is not up.
        """
        if not self.is_up or self._dialog is None:
            raise errors.NotReached("a re-INVITE needs a call that is up")
        self._reinvite = asyncio.get_running_loop().create_future()
        outcome = Outcome(on_response=self._take_reanswer, on_timeout=lambda: None)
        offer = self._media.negotiation.offer(direction)
        self._request("INVITE", outcome, Headers.of(self._contact, ("Content-Type", messages.SDP)), offer)
        try:
            response = await waits.within(self._reinvite, timeout=timeout, what="the re-INVITE was not answered")
        finally:
            self._reinvite = None
        if response.code >= 300:
            raise errors.CallRefused(response.code, response.phrase, response.headers)
        self._media.negotiation.accept(response.body)

    def receive(self, request: messages.Request, transaction: ServerTransaction) -> None:
        """A request within the dialog."""
        match request.method:
            case "BYE":
                self._receive_bye(request, transaction)
            case "INVITE" if isinstance(transaction, InviteServerTransaction):
                self._receive_reinvite(request, transaction)
            case "INFO":
                self._receive_info(request, transaction)
            case "REFER" if self._dialog is not None:
                self._receive_refer(request, transaction)
            case "OPTIONS":
                transaction.respond(methods.options_answer(request))
            case _:
                transaction.respond(methods.refusal(request))

    def acknowledge(self, ack: messages.Request) -> None:
        """The ACK of a 2xx of ours."""
        if self._answer is None or self._answer.request.cseq != ack.cseq:
            return
        self._answer.acknowledged()
        self.timeline.mark(Milestone.ACKED)
        self._changes.notify()
        if ack.body and not self._answer.request.body:
            try:
                self._media.negotiation.accept(ack.body)
            except errors.BadSdp:
                self.leave()

    def abandon(self) -> None:
        """Ends the call at once, without a word to the other side."""
        self._end(EndedBy.CLOSED)

    def _begin_early_media(self) -> None:
        """A 183 described this side's or the other side's audio: it flows from now on."""
        if not self.can_talk:
            self.timeline.mark(Milestone.EARLY_MEDIA)
            self.tasks.start(self._media.send_paced())
            self._changes.notify()

    def _begin_to_talk(self) -> None:
        """The call is answered: audio flows from now on, if it did not before."""
        self.timeline.mark(Milestone.ANSWERED)
        if not self.timeline.reached(Milestone.EARLY_MEDIA):
            self.tasks.start(self._media.send_paced())
        if self._setup.misbehaviour.hangs_up_after_s is not None:
            self.tasks.start(self._leave_after(self._setup.misbehaviour.hangs_up_after_s))
        self._changes.notify()

    def _fall_silent(self) -> None:
        self._media.close()
        self.tasks.cancel()

    def _end(self, by: EndedBy, *, code: int | None = None, phrase: str = "", headers: Headers | None = None) -> None:
        """The one place where a call ends; only the first reason counts."""
        if self.ending is not None:
            return
        self.timeline.mark(Milestone.ENDED)
        self.ending = endings.Ending(
            by=by, at_s=self.timeline.ended_s, code=code, phrase=phrase, headers=headers or Headers()
        )
        self._fall_silent()
        self._setup.on_over(self)
        self._changes.notify()

    def _ack(self, cseq: int) -> None:
        """Acknowledges a 2xx (RFC 3261 section 13.2.2.4)."""
        if self._dialog is None or self._setup.misbehaviour.never_acks:
            return
        agent = self._setup.agent
        agent.send(self._dialog.request("ACK", via=agent.via(), cseq=cseq), self._dialog.next_hop)
        self.timeline.mark(Milestone.ACKED)

    async def _reach(self, *milestones: Milestone, timeout: float) -> None:
        """Waits for one of them."""
        try:
            await self._wait(
                lambda: True if any(map(self.timeline.reached, milestones)) else None,
                timeout=timeout,
                what=f"the call did not come to: {', '.join(milestones)}",
            )
        except errors.CallOver:
            ending = self.ending
            if ending is not None and ending.by is EndedBy.REJECTED and ending.code is not None:
                raise errors.CallRefused(ending.code, ending.phrase, ending.headers) from None
            raise

    def _take_reanswer(self, response: messages.Response) -> None:
        if not response.is_final:
            return
        if response.code < 300:
            self._ack(response.cseq)
        if self._reinvite is not None and not self._reinvite.done():
            self._reinvite.set_result(response)

    def _receive_reinvite(self, request: messages.Request, transaction: InviteServerTransaction) -> None:
        if self._reinvite is not None:
            transaction.respond(messages.response_to(request, 491))
            return
        agreement = self._media.negotiation
        try:
            body = agreement.answer(request.body) if request.body else agreement.offer()
        except errors.BadSdp:
            transaction.respond(messages.response_to(request, 488))
            return
        self._accept_invite(request, transaction, body)

    def _accept_invite(
        self, request: messages.Request, transaction: InviteServerTransaction, body: bytes, extra: Headers | None = None
    ) -> None:
        """Sends the 2xx, again and again until its ACK."""
        self._answer = transaction
        transaction.on_never_acknowledged = self._give_up_unacknowledged
        headers = Headers.of(self._contact, methods.ALLOWED) + (extra or Headers())
        transaction.respond(messages.response_to(request, 200, tag=self._setup.tag, extra=headers, sdp=body))

    def _give_up_unacknowledged(self) -> None:
        """RFC 3261 section 13.3.1.4: no ACK, so the dialog is ended with a BYE."""
        if self.ending is None:
            self.leave()
            self._end(EndedBy.TIMEOUT)

    def _receive_bye(self, request: messages.Request, transaction: ServerTransaction) -> None:
        self.timeline.mark(Milestone.BYE)
        self._changes.notify()
        faults = self._setup.misbehaviour
        if faults.never_answers_bye:
            return
        if faults.answers_bye_after_s:
            self.tasks.start(self._answer_bye(request, transaction, after_s=faults.answers_bye_after_s))
        else:
            self._agree_to_bye(request, transaction)

    async def _answer_bye(self, request: messages.Request, transaction: ServerTransaction, *, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self._agree_to_bye(request, transaction)

    def _agree_to_bye(self, request: messages.Request, transaction: ServerTransaction) -> None:
        transaction.respond(messages.response_to(request, 200))
        self._end(EndedBy.PHONE if self._is_leaving else EndedBy.PEER, headers=request.headers)

    async def _leave_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.leave()

"""A call that reached this phone."""

from __future__ import annotations

import asyncio

from lab.softphone import answerings, calls, dialogs, errors, messages, setups, sounds, timelines, uris
from lab.softphone.endings import EndedBy
from lab.softphone.headers import Headers
from lab.softphone.server_transactions import InviteServerTransaction, ServerTransaction


class IncomingCall(calls.Call):
    """A call from the moment the phone could ring."""

    def __init__(
        self,
        setup: setups.Setup,
        answering: answerings.Answering,
        invite: messages.Request,
        transaction: InviteServerTransaction,
    ) -> None:
        super().__init__(setup)
        self.invite = invite
        """The INVITE, with all its headers."""
        self._answering = answering
        self._transaction = transaction
        self._description: bytes | None = None

    @property
    def caller(self) -> str:
        """The user part of the From URI."""
        return uris.parse(uris.bare(self.invite.required("From"))).user

    @property
    def dialed(self) -> str:
        """The user part of the Request-URI."""
        return uris.parse(self.invite.uri).user

    async def acked(self, *, timeout: float) -> None:
        """Waits for the ACK of our answer."""
        await self._reach(timelines.Milestone.ACKED, timeout=timeout)

    def start(self) -> None:
        """Rings, and then does what it was told to."""
        self._provisional(100)
        if self._answering.rings:
            self._provisional(180)
        if self._answering.early_media:
            self.progress()
        if self._answering.after_s is None:
            return
        if self._answering.after_s:
            self.tasks.start(self._settle_after(self._answering.after_s))
        else:
            self._settle()

    def progress(self) -> None:
        """Sends 183 with a session description, once: from then on one can talk and be heard before the answer.

        Refuses with 488 what cannot be described, and has nothing to say to an INVITE without an offer: a description
        that may get lost must not be an offer (RFC 3261 section 13.2.1).
        """
        if self._transaction.is_answered or self.can_talk or not self.invite.body:
            return
        if (body := self._described()) is None:
            self.refuse(488)
            return
        self._provisional(183, body)
        self._begin_early_media()
        if self._answering.play_early is not None:
            self.tasks.start(self._say(self._answering.play_early))

    def answer(self) -> None:
        """Answers with 200 OK. A call that is answered or over stays as it is."""
        if self._transaction.is_answered:
            return
        if (body := self._described()) is None:
            self.refuse(488)
            return
        self.stop_playing()
        self._dialog = dialogs.Dialog.of_callee(self.invite, self._setup.tag)
        self._accept_invite(self.invite, self._transaction, body, Headers.given(self._answering.headers))
        self._begin_to_talk()
        if self._answering.play is not None:
            self.tasks.start(self._say(self._answering.play))

    def refuse(self, code: int) -> None:
        """Refuses with a final response of 300 or more. A call that is answered or over stays as it is."""
        if not self._transaction.is_answered:
            self._refuse(code, EndedBy.REJECTED)

    def leave(self, more: Headers | None = None) -> None:
        """Sends BYE; before the answer, declines."""
        if self._dialog is None:
            self.refuse(603)
        else:
            super().leave(more)

    def is_cancelled_by(self, invite: ServerTransaction | None) -> bool:
        """Whether a CANCEL that is about this INVITE is about this call."""
        return invite is self._transaction

    def give_up(self) -> None:
        """The caller cancelled. Once answered, that comes too late."""
        if not self._transaction.is_answered:
            self._refuse(487, EndedBy.CANCELLED)

    def _refuse(self, code: int, by: EndedBy) -> None:
        response = messages.response_to(
            self.invite, code, tag=self._setup.tag, extra=Headers.given(self._answering.headers)
        )
        self._transaction.respond(response)
        self._end(by, code=code, phrase=response.phrase, headers=response.headers)

    def _described(self) -> bytes | None:
        """What a 183 and then the 200 say of this side's audio, the same in both; None: nothing in common."""
        if self._description is None:
            offer, negotiation = self.invite.body, self._media.negotiation
            try:
                self._description = negotiation.answer(offer) if offer else negotiation.offer()
            except errors.BadSdp:
                return None
        return self._description

    def _provisional(self, code: int, sdp: bytes = b"") -> None:
        tag = None if code == 100 else self._setup.tag
        extra = None if code == 100 else Headers.of(self._contact)
        self._transaction.respond(messages.response_to(self.invite, code, tag=tag, extra=extra, sdp=sdp))
        self.timeline.mark(timelines.Milestone.TRYING if code == 100 else timelines.Milestone.RINGING)

    def _settle(self) -> None:
        if self._answering.code < 300:
            self.answer()
        else:
            self.refuse(self._answering.code)

    async def _settle_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._settle()

    async def _leave_after(self, seconds: float) -> None:
        await asyncio.gather(asyncio.sleep(seconds), self.acked(timeout=seconds + calls.HANG_UP_S))
        self.leave()

    async def _say(self, sound: sounds.Sound) -> None:
        try:
            await self.play(sound, rate=self._answering.play_rate)
        except errors.CallOver:
            return  # the caller did not hear it out

"""What the two ends of a call ask and tell each other beside the audio: INFO, OPTIONS, REFER, NOTIFY."""

from __future__ import annotations

import collections
import dataclasses

from lab.softphone import (
    asking,
    conversations,
    dialogs,
    errors,
    media,
    messages,
    methods,
    referees,
    setups,
    signalling,
    tasks,
    timelines,
    waits,
)
from lab.softphone.client_transactions import Outcome
from lab.softphone.headers import Headers
from lab.softphone.infos import DTMF_RELAY, Info
from lab.softphone.referrals import Referral
from lab.softphone.referrings import Referring
from lab.softphone.server_transactions import ServerTransaction
from lab.softphone.timelines import Milestone

MOST_INFOS = 500
"""Of a very long call only the newest INFO are kept."""
MOST_REFERRALS = 100
"""Of so many REFER the newest are kept."""
NOTIFY_ANSWER_S = 10.0
"""How long the answer to a NOTIFY is waited for: livekit-sip takes 5 s where nobody asks for the news any more."""


class Exchanges(conversations.Conversation):
    """The requests within a dialog that neither begin nor end anything."""

    def __init__(self, setup: setups.Setup) -> None:
        timeline, changes = timelines.Timeline(), waits.Changes()
        audio = media.Media(
            setup.agent.ip,
            timeline=timeline,
            codecs=setup.codecs,
            misbehaviour=setup.misbehaviour,
            on_change=changes.notify,
        )
        super().__init__(conversations.Parts(timeline=timeline, changes=changes, media=audio))
        self.signalling = signalling.SignallingLog(timeline)
        """Every message of the call."""
        self.tasks = tasks.Tasks()
        self._setup = setup
        self._dialog: dialogs.Dialog | None = None
        self._referring: Referring | None = None
        self._referrals: collections.deque[Referral] = collections.deque(maxlen=MOST_REFERRALS)
        self._infos: collections.deque[Info] = collections.deque(maxlen=MOST_INFOS)
        setup.agent.log(setup.call_id, self.signalling)

    def leave(self, more: Headers | None = None) -> None:
        """Begins to end the call."""
        raise NotImplementedError

    def refer_with(self, referring: Referring) -> None:
        """From now on, a REFER in this call is taken like this, whatever the phone was told."""
        self._referring = referring

    @property
    def referrals(self) -> tuple[Referral, ...]:
        """The REFER requests of the other side, oldest first; a request that came again counts once."""
        return tuple(self._referrals)

    async def referred(self, count: int = 1, *, timeout: float) -> Referral:
        """Waits until the other side has sent so many REFER requests, and gives the last of them."""
        return await self._wait(
            lambda: self._referrals[count - 1] if len(self._referrals) >= count else None,
            timeout=timeout,
            what=f"{count} REFER did not come",
        )

    @property
    def infos(self) -> tuple[Info, ...]:
        """The INFO requests that the other side sent, oldest first."""
        return tuple(self._infos)

    async def informed(self, count: int = 1, *, timeout: float) -> Info:
        """Waits until the other side has sent so many INFO requests, and gives the last of them."""
        return await self._wait(
            lambda: self._infos[count - 1] if len(self._infos) >= count else None,
            timeout=timeout,
            what=f"{count} INFO did not come",
        )

    async def send_info(
        self, body: bytes = b"", content_type: str = DTMF_RELAY, *, timeout: float = asking.ANSWER_S
    ) -> messages.Response:
        """Sends INFO in the dialog, for example a key by `infos.dtmf_relay`, and waits for the 2xx.

        Raises:
            CallRefused: the other side does not take it.
            Deadline: it did not answer.
            NotReached: the call is not answered yet.
        """
        typed = Headers.of(("Content-Type", content_type)) if body else Headers()
        return await self._ask("INFO", typed, body, timeout=timeout)

    async def ping(self, *, timeout: float = asking.ANSWER_S) -> messages.Response:
        """Sends OPTIONS in the dialog, and waits for the 2xx; raises as `send_info`."""
        return await self._ask("OPTIONS", Headers.of(*methods.ABILITIES), timeout=timeout)

    @property
    def _contact(self) -> tuple[str, str]:
        return self._setup.agent.contact(self._setup.user)

    def _request(self, method: str, outcome: Outcome, more: Headers, body: bytes = b"", *, cseq_step: int = 1) -> None:
        if self._dialog is None:
            raise errors.NotReached("there is no dialog yet")
        agent = self._setup.agent
        request = self._dialog.request(method, via=agent.via(), cseq=self._dialog.next_cseq(cseq_step), more=more)
        self._setup.account.request(
            agent,
            dataclasses.replace(request, body=body),
            self._dialog.next_hop,
            outcome,
            next_cseq=self._dialog.next_cseq,
            acks=not self._setup.misbehaviour.never_acks,
        )

    async def _ask(
        self, method: str, more: Headers, body: bytes = b"", *, timeout: float, cseq_step: int = 1
    ) -> messages.Response:
        question = asking.Question()
        self._request(method, question.outcome, more, body, cseq_step=cseq_step)
        return await question.answer(timeout=timeout, what=f"{method} was not answered")

    def _receive_refer(self, request: messages.Request, transaction: ServerTransaction) -> None:
        self.timeline.mark(Milestone.REFERRED)
        referral = Referral.of(request, at_s=self.now_s)
        referring = self._referring or self._setup.referring()
        line = referees.Line(
            now_s=lambda: self.now_s,
            dial=lambda target, headers: self._setup.dial(target, self._setup.user, headers),
            notify=self._notify,
            hang_up=self.leave,
            start=self.tasks.start,
        )
        referee = referees.Referee(referring, referral, line)
        self.tasks.start(referee.carry_out(request, transaction))
        self._referrals.append(referral)
        self._changes.notify()

    async def _notify(self, headers: Headers, body: bytes, cseq_step: int) -> messages.Response:
        more = Headers.of(self._contact) + headers
        return await self._ask("NOTIFY", more, body, timeout=NOTIFY_ANSWER_S, cseq_step=cseq_step)

    def _receive_info(self, request: messages.Request, transaction: ServerTransaction) -> None:
        self._infos.append(Info.of(request, at_s=self.now_s))
        transaction.respond(messages.response_to(request, 200))
        self._changes.notify()

"""A call that we place.

get ready ─▶ tell dispatch, which dials ─▶ the phone rings ─▶ answered, with the greeting in hand ─▶ as any other call

Until somebody answers, the call is dispatch's, which alone knows why a phone was not picked up. So where the leg or the
room goes before that, or dispatch is out, this job steps out without a word about the end.
"""

from __future__ import annotations

import asyncio
import logging

from livekit import agents, rtc

from callcore import contract, endings, errors
from worker import dispatch_client
from worker.jobs import conversation, dialed_legs, kits, lines, phone_calls, plans
from worker.spool import client as spool_client

_log = logging.getLogger(__name__)

_PREPARE_S = 10.0  # for session and greeting; nobody is on the phone
_READY_S = 10.0  # for dispatch to take our word: it may be starting again
_REQUEST_S = 1.5  # it answers in milliseconds
_PAUSE_S = 0.3  # between two tries
_DIAL_S = 15.0  # from our word to the leg in the room, which takes 50 ms
_CLOSED = frozenset({rtc.DisconnectReason.ROOM_DELETED, rtc.DisconnectReason.ROOM_CLOSED})
"""By dispatch, or because nobody's leg is in it any more."""


class OutboundCall(phone_calls.PhoneCall):
    """One call that dispatch places, and everything that must be let go of at its end."""

    def __init__(
        self, ctx: agents.JobContext, kit: kits.Kit, line: lines.Line, reports: spool_client.SpoolClient
    ) -> None:
        super().__init__(ctx, kit, line, reports)
        assert line.callee is not None  # noqa: S101  # else this is no call of ours
        self._leg = dialed_legs.DialedLeg(
            ctx.room,
            line.callee,
            on_dialed=self._times.begin,
            on_ringing=lambda: reports.report(contract.RingingRecord()),
            on_answered=self._note_answered,
        )
        self._dispatch: dispatch_client.DispatchClient | None = None
        self._call_id = ""

    def watch_room(self) -> None:
        super().watch_room()
        self._leg.watch()

    async def until_caller_leaves(self) -> None:
        """End the call when the callee's leg is gone."""
        await self._until_left(await self._leg.dialed())

    async def apologise(self) -> None:
        """Say sorry, if there is anybody to say it to."""
        if self._leg.is_answered:
            await super().apologise()

    async def _plan(self, dispatch: dispatch_client.DispatchClient) -> contract.CallPlan:
        decided = await plans.by_dispatch(self._line.intake, dispatch)
        self._dispatch, self._call_id = dispatch, decided.call_id
        return decided

    async def _get_through(self, talk: conversation.Conversation) -> None:
        talk.hold()
        async with asyncio.timeout(_PREPARE_S):
            await talk.begin(self._leg.identity)
            if not await talk.has_first_sound(_PREPARE_S):
                # No phone rings for an agent without a voice.
                raise errors.ProviderUnavailable("the greeting was not there in time")
        await self._say_ready()
        await self._be_dialed()
        await self._leg.answered()
        await talk.answer()

    async def _say_ready(self) -> None:
        assert self._dispatch is not None  # noqa: S101  # a call without a plan has no conversation
        intake = self._line.intake
        ready = contract.Ready(job_id=intake.job_id, generation=intake.generation)
        try:
            async with asyncio.timeout(_READY_S):
                # A leg that is there says that an earlier word has arrived, although its answer did not.
                while not self._leg.is_dialed:
                    try:
                        return await self._dispatch.ready(self._call_id, ready, _REQUEST_S)
                    except errors.DispatchUnavailable as error:
                        _log.warning("dispatch does not take our word", extra={"error_class": error.message})
                    await asyncio.sleep(_PAUSE_S)
        except TimeoutError:
            raise errors.DispatchUnavailable("dispatch did not take our word in time") from None

    async def _be_dialed(self) -> None:
        try:
            async with asyncio.timeout(_DIAL_S):
                await self._leg.dialed()
        except TimeoutError:
            # It may have asked another job in the meantime.
            raise errors.DispatchUnavailable("dispatch took our word and did not dial") from None

    def _note_left(self, *, hung_up: bool) -> None:
        if not self._leg.is_answered:
            self.step_out()
        elif hung_up:
            self.ending.decide(endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLEE)
        else:
            self.ending.decide(endings.Reason.PLATFORM_LOST, endings.EndedBy.SYSTEM)

    def _other_end(self) -> rtc.RemoteParticipant | None:
        return self._leg.participant

    def _on_room_gone(self, reason: rtc.DisconnectReason.ValueType) -> None:
        if reason in _CLOSED and not self._leg.is_answered:
            self.step_out()
        else:
            super()._on_room_gone(reason)

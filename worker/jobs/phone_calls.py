"""A call in hand: what the job knows about it while it lasts."""

from __future__ import annotations

import asyncio
import functools
import logging

from livekit import agents, rtc

from callcore import contract, endings
from worker import dispatch_client
from worker.jobs import closing, conversation, drafts, forwarding, kits, lines, parts, plans, routing_records, times
from worker.jobs import endings as job_endings
from worker.jobs.speech import announcing, apologies, speaking
from worker.jobs.transfers import bridges, controls, desk, legs, partition, racing, reaching, stories
from worker.spool import client as spool_client

_log = logging.getLogger(__name__)

_ANSWER_S = 10.0  # session and greeting take 5 s at the very worst
_FLUSH_S = 10.0  # the spool is a local disk


class PhoneCall:
    """One call and everything that must be let go of at its end."""

    def __init__(
        self, ctx: agents.JobContext, kit: kits.Kit, line: lines.Line, reports: spool_client.SpoolClient
    ) -> None:
        self.ending = job_endings.Ending()
        self._is_out = False
        self._ctx = ctx
        self._kit = kit
        self._line = line
        self._reports = reports
        self._times = times.Times(kit.clock)
        self._parts = parts.Parts(ctx.room, kit, self.ending, reports, on_answered=self._note_answered)
        self._refusal: contract.Refuse | None = None
        self._conversation: conversation.Conversation | None = None
        self._draft: drafts.Draft | None = None
        self._speaker: speaking.Speaker | None = None
        self._desk: desk.Desk | None = None

    @property
    def is_ours(self) -> bool:
        """Whether this job ends the call: its legs and its record.

        Not when another job holds it; nor, when this job has to go, while caller and destination are connected: they
        talk on without it, and dispatch sees to their end.
        """
        return not (self._is_out or self.ending.is_bridged_on)

    def watch_room(self) -> None:
        """Take note when LiveKit closes the room: dispatch ended the call, or its server went away for good."""
        self._ctx.room.on("disconnected", self._on_room_gone)

    async def until_caller_leaves(self) -> None:
        """End the call when the caller's leg is gone."""
        if self._line.caller is not None:
            await self._until_left(self._line.caller)
        else:
            self._note_left(hung_up=True)

    async def ask_for_plan(self, dispatch: dispatch_client.DispatchClient) -> contract.CallPlan:
        """What is to be done with this call; whoever decided it goes on record."""
        decided = await self._plan(dispatch)
        if (record := routing_records.of(decided)) is not None:
            self._reports.report(record)
        self._ctx.log_context_fields = {"call_id": decided.call_id}
        return decided

    def step_out(self) -> None:
        """Leave the call to another job that holds it, or to dispatch."""
        self._is_out = True
        self._reports.leave()
        self.ending.decide(endings.Reason.UNKNOWN, endings.EndedBy.SYSTEM)

    def refuse(self, refusal: contract.Refuse) -> None:
        """Turn the caller away without answering."""
        self._refusal = refusal
        self.ending.decide(
            refusal.reason,
            endings.EndedBy.SYSTEM,
            sip_status_code=refusal.sip_status_code,
            sip_status=refusal.text,
        )

    async def say_why_refused(self) -> None:
        """Put the reason of a refusal on the wire, while the caller still rings."""
        if self._refusal is not None and self._line.caller is not None:
            await closing.refuse(self._ctx.room, self._line.caller, self._refusal)

    async def converse(self, agent: contract.AgentPlan, call_id: str, dispatch: dispatch_client.DispatchClient) -> None:
        """Get through to the other end, greet, and talk until the ending is decided.

        Raises:
            CallTaken, CallOver: this job has nothing to do here any more.
            ProviderUnavailable: the agent cannot talk.
        """
        prepared = await self._draft.take(agent) if self._draft is not None else None
        self._conversation = prepared or self._parts.new_conversation(agent)
        await self._get_through(self._conversation)
        reach = reaching.Reach(dispatch, call_id, self._line.intake, self._kit.clock)
        transferring = desk.Desk(self._transfer_parts(agent, self._conversation), reach)
        async with transferring.open() as self._desk:
            if not await self._conversation.breaks_silence():
                self.ending.decide(endings.Reason.PROVIDER_FAILURE, endings.EndedBy.SYSTEM)
            await racing.first(self._desk.serve(), self.ending.wait(), self._be_ended_after(agent.max_duration_s))

    async def announce(self, plan: contract.Announce) -> None:
        """Answer, say the message, and hang up."""
        self._speaker = self._parts.new_speaker(plan.voice)
        await announcing.announce(plan, self._speaker, self.ending)

    async def take_message(self, plan: contract.TakeMessage) -> None:
        """Answer, greet, beep, and record what the caller says."""
        caller = self._other_end()
        assert caller is not None  # noqa: S101  # a call without anybody has ended already
        self._speaker = self._parts.new_speaker(plan.voice)
        await self._parts.new_voicemail(plan, caller, self._speaker).take()

    async def forward(self, plan: contract.Forward, call_id: str, dispatch: dispatch_client.DispatchClient) -> bool:
        """Connect the caller with another phone; False when the caller is to get something else."""
        assert self._line.caller is not None  # noqa: S101  # as above
        needed = forwarding.Parts(
            caller=self._line.caller,
            dispatch=dispatch,
            controls=self._controls(),
            call_id=call_id,
            intake=self._line.intake,
            clock=self._kit.clock,
            bridge=self._bridge_parts(),
            on_answered=self._note_answered,
        )
        return await forwarding.Forwarding(needed).connect(plan)

    async def apologise(self) -> None:
        """Say sorry, with whatever still works."""
        if self._conversation is not None:
            self._conversation.hush()
        if self._speaker is not None:
            await self._speaker.player.aclose()
        await apologies.play(self._ctx.room, self._note_answered)

    def over(self) -> None:
        """Take the time: every leg is down."""
        self._times.end()

    async def put_on_record(self) -> None:
        """Report the end, when the session has reported its last turn, and see that all of it is on disk."""
        try:
            await self._parts.aclose()
        finally:
            if self.is_ours:
                # A job that was told to go before its call had an end, as by a drain that took too long, is lost to it.
                self.ending.decide(endings.Reason.WORKER_LOST, endings.EndedBy.SYSTEM)
                self._report_end(await self.ending.wait())
            if not await self._reports.flush(_FLUSH_S):
                _log.error("the worker did not confirm the last reports of the call")
            await self._reports.close()

    def _transfer_parts(self, agent: contract.AgentPlan, talk: conversation.Conversation) -> stories.Parts:
        caller, switches = self._other_end(), self._controls()
        assert caller is not None  # noqa: S101  # a call without anybody has no conversation
        return stories.Parts(
            room=self._ctx.room,
            agent=agent,
            talk=talk,
            controls=switches,
            partition=partition.Partition(self._ctx.room, caller.identity, switches, with_keys=agent.transfers.keys),
            roll=legs.Roll(self._ctx.room),
            bridge=self._bridge_parts(),
            music_path=self._kit.settings.trunkline_hold_music,
            consult=functools.partial(self._parts.new_consultation, talk, agent),
            let_go=self._parts.let_go,
            take_message=self.take_message,
        )

    def _bridge_parts(self) -> bridges.Parts:
        return bridges.Parts(room=self._ctx.room, ending=self.ending, reports=self._reports, step_out=self.step_out)

    def _controls(self) -> controls.Controls:
        return controls.Controls(self._ctx.api, self._ctx.room.name)

    async def _be_ended_after(self, seconds: float) -> None:
        """End a call that lasts too long, unless somebody else talks with the caller by then."""
        await asyncio.sleep(seconds)
        await self.ending.parted()
        self.ending.decide(endings.Reason.MAX_DURATION, endings.EndedBy.SYSTEM)

    async def _plan(self, dispatch: dispatch_client.DispatchClient) -> contract.CallPlan:
        decided = await plans.obtain(self._line.intake, dispatch, self._kit.settings.snapshot_path, self._prepare)
        if decided.decided_by == "snapshot" and isinstance(decided.plan, contract.Forward):
            # Only dispatch dials.
            decided = decided.model_copy(update={"plan": decided.plan.otherwise})
        return decided

    def _prepare(self, draft: contract.Plan) -> None:
        """Have the conversation ready that the plan will probably ask for."""
        if self._line.caller is not None:
            self._draft = self._parts.new_draft(draft, self._line.caller)

    async def _get_through(self, talk: conversation.Conversation) -> None:
        assert self._line.caller is not None  # noqa: S101  # a call without a caller has ended already
        async with asyncio.timeout(_ANSWER_S):
            if not talk.is_begun:
                await talk.begin(self._line.caller.identity)
            await talk.answer()
        self._note_answered()

    async def _until_left(self, leg: rtc.RemoteParticipant) -> None:
        """End the call when this leg, of its other end, is gone."""
        hung_up = await lines.caller_left(self._ctx.room, leg)
        if self._desk is not None:
            await self._desk.caller_has_left()
        self._note_left(hung_up=hung_up)

    def _note_left(self, *, hung_up: bool) -> None:
        """End the call, whose other end is gone."""
        if self._conversation is not None and self._conversation.gate.is_open:
            # 200 OK is out, although the job has not come to note it.
            self._note_answered()
        if not hung_up:
            self.ending.decide(endings.Reason.PLATFORM_LOST, endings.EndedBy.SYSTEM)
        elif not self._times.is_answered:
            self.ending.decide(endings.Reason.CANCELLED, endings.EndedBy.CALLER, sip_status_code=487)
        else:
            self.ending.decide(endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)

    def _other_end(self) -> rtc.RemoteParticipant | None:
        return self._line.caller

    def _on_room_gone(self, reason: rtc.DisconnectReason.ValueType) -> None:
        if reason == rtc.DisconnectReason.ROOM_DELETED:
            self.ending.decide(endings.Reason.OPERATOR_HANGUP, endings.EndedBy.OPERATOR)
        elif self.ending.is_bridged_on:
            # This job has lost sight of them; they may well hear each other still.
            self.step_out()
        elif reason == rtc.DisconnectReason.ROOM_CLOSED and (leg := self._other_end()) is not None:
            # LiveKit does that a moment after the last leg has left: both come together to a job that had no time.
            self._note_left(hung_up=lines.has_hung_up(leg))
        elif reason == rtc.DisconnectReason.ROOM_CLOSED and self._line.callee is None:
            self._note_left(hung_up=True)  # the caller had given up before this job came
        else:
            self.ending.decide(endings.Reason.PLATFORM_LOST, endings.EndedBy.SYSTEM)

    def _report_end(self, termination: endings.Termination) -> None:
        self._reports.report(
            contract.EndedRecord(
                reason=termination.reason,
                ended_by=termination.ended_by,
                sip_status_code=termination.sip_status_code,
                sip_status=termination.sip_status,
                duration_s=self._times.duration_s,
            ),
            at=self._times.over_at,
        )

    def _note_answered(self) -> None:
        if (ringing_ms := self._times.answer()) is not None:
            self._reports.report(contract.AnsweredRecord(ringing_ms=ringing_ms))

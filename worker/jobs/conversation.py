"""The conversation: a livekit AgentSession set up for the telephone, and everything it says put on record."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.agents import llm, stt, tts
from livekit.agents.voice import events as session_events
from livekit.agents.voice import room_io

from callcore import contract, endings, events
from worker.jobs import agent as phone_agent
from worker.jobs import answering, pauses, sessions, turn_records
from worker.jobs import endings as job_endings
from worker.providers import registry
from worker.spool import client as spool_client

_log = logging.getLogger(__name__)

_SILENCE_S = 3.0  # after an answer without a greeting in hand; then the caller gets an apology


class Conversation:
    """One agent and one caller talking."""

    def __init__(
        self,
        room: rtc.Room,
        plan: contract.AgentPlan,
        providers: registry.Providers,
        ending: job_endings.Ending,
        reports: spool_client.SpoolClient,
    ) -> None:
        self.gate = answering.AnswerGate(room)
        self._room = room
        self._plan = plan
        self._ending = ending
        self._reports = reports
        self._providers = providers
        self._session = sessions.new(plan, providers)
        self._agent = phone_agent.PhoneAgent(plan, ending, reports)
        self._is_begun = False
        self._is_draft = False
        self.has_failed = False
        """While it was a draft, a provider failed."""
        self._pauses = pauses.Pauses(self._session)
        self._session.output.audio = self.gate
        self._session.on("conversation_item_added", self._on_item)
        self._session.on("error", self._on_error)
        self._session.on("close", self._on_close)

    def hold(self) -> None:
        """Neither hear nor say anything before `answer`, although `begin` comes first: the phone is yet to ring.

        What a phone network sends before the answer, such as tones and announcements, is nothing that anybody says.
        """
        self._session.input.set_audio_enabled(False)
        self.gate.hold()

    def keep_back(self) -> None:
        """Neither hear nor say nor report anything before `adopt` and `answer`: nobody knows yet whether it is wanted.

        The phone rings here, so that nothing is published either.
        """
        self._is_draft = True
        self._session.input.set_audio_enabled(False)
        self.gate.shut()

    async def amend(self, plan: contract.AgentPlan) -> None:
        """Go by another plan, that differs in the prompt and in the tools at most; while it is a draft."""
        if plan != self._plan:
            await self._agent.amend(plan)
            self._plan = plan

    def adopt(self) -> None:
        """It is wanted: what fails from now on ends the call."""
        self._is_draft = False

    @property
    def is_begun(self) -> bool:
        """It listens, and its greeting is made."""
        return self._is_begun

    async def begin(self, caller_identity: str) -> None:
        """Listen to the caller, and start on the greeting; it is heard when the gate opens."""
        await self._session.start(
            self._agent,
            room=self._room,
            room_options=room_io.RoomOptions(
                text_input=False,
                audio_output=False,
                participant_identity=caller_identity,
                close_on_disconnect=False,
            ),
            session_host=False,
            record=False,
        )
        self._is_begun = True
        if self._plan.greeting:
            self._session.say(self._plan.greeting)

    async def answer(self) -> None:
        """Open the gate with the first sound of the greeting, or after the deadline without it."""
        self._session.input.set_audio_enabled(True)
        await self.has_first_sound(answering.GREETING_S)
        await self.gate.open()

    async def breaks_silence(self) -> bool:
        """Whether the answered caller gets to hear the greeting before the silence becomes too long."""
        return await self.has_first_sound(_SILENCE_S)

    async def has_first_sound(self, seconds: float) -> bool:
        """Whether the greeting can be heard, or could if the gate were open, within so many seconds.

        At once where there is none: the other one speaks first.
        """
        if not self._plan.greeting:
            return True
        try:
            async with asyncio.timeout(seconds):
                await self.gate.first_frame()
        except TimeoutError:
            return False
        return True

    @property
    def track_sid(self) -> str | None:
        """Of the agent's voice; None before it is published."""
        return self.gate.track_sid

    @property
    def history(self) -> llm.ChatContext:
        """What caller and agent said so far, and what tools returned."""
        return self._session.history.copy()

    def transfer_by(self, transferrer: phone_agent.Transferrer) -> None:
        """Let the agent's tool transfer the caller by this."""
        self._agent.transferrer = transferrer

    def pause(self) -> None:
        """Stop listening and speaking now; the track stays. Only `say` is heard before `resume`.

        What the caller was saying gets no answer, nor does what a tool finds out: neither now nor later.
        """
        if self._is_begun:
            self._pauses.pause()

    def resume(self, text: str | None) -> None:
        """Listen again, and say this text, which the agent knows from then on as its own."""
        if self._is_begun:
            self._pauses.resume(text)
        else:
            self._fail()  # it broke off meanwhile

    async def say(self, text: str) -> None:
        """Say this to its end, which takes 15 s at most; nobody can interrupt it, and `pause` does not prevent it."""
        if self._is_begun:
            await self._pauses.say(text)

    def hush(self) -> None:
        """Let the agent neither hear nor speak from now on."""
        self._session.input.set_audio_enabled(False)
        self._session.output.set_audio_enabled(False)
        if self._is_begun:
            self._session.interrupt(force=True)

    async def close(self) -> None:
        """Stop listening and talking at once, and let go of the providers."""
        await self._session.aclose()
        await self.gate.aclose()
        await self._providers.aclose()

    def _on_item(self, event: session_events.ConversationItemAddedEvent) -> None:
        if self._is_draft:
            return
        item = event.item
        if isinstance(item, llm.ChatMessage) and item.role in ("user", "assistant") and (text := item.text_content):
            self._reports.report(turn_records.of(item, text), at=turn_records.began_at(item))
            # What the end of the call or a pause cut short was not cut short by the caller.
            by_us = self._ending.is_decided or self._pauses.is_paused
            if item.role == "assistant" and item.interrupted and not by_us:
                self._reports.report(contract.NotedRecord(type=events.EventType.INTERRUPTED))

    def _on_error(self, event: session_events.ErrorEvent) -> None:
        error = event.error
        if not isinstance(error, (stt.STTError, llm.LLMError, tts.TTSError)) or error.recoverable:
            return
        if self._is_draft:
            self.has_failed = True
            return
        kind = error.type.removesuffix("_error")
        cause = type(error.error).__name__
        _log.error("a provider failed", extra={"kind": kind, "provider": error.label, "error_class": cause})
        self._reports.report(
            contract.NotedRecord(type=events.EventType.PROVIDER_FAILED, data={"kind": kind, "error_class": cause})
        )
        # A caller in other hands may never need the agent again; if they do, it shows then whether it can talk.
        if not self._pauses.is_paused:
            self._fail()
        elif isinstance(error, stt.STTError):
            self._pauses.note_deaf()

    def _on_close(self, event: session_events.CloseEvent) -> None:
        if self._is_draft:
            self.has_failed = True
        elif event.reason is session_events.CloseReason.ERROR and not self._pauses.is_paused:
            self._fail()
        self._is_begun = False

    def _fail(self) -> None:
        self._ending.decide(endings.Reason.PROVIDER_FAILURE, endings.EndedBy.SYSTEM)

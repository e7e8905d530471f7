"""The consultation: a second conversation in the job's room, with whoever answered the phone that was dialed.

listen for a first word ─▶ brief, and ask ─▶ answer questions ─▶ yes, no, a machine, or nothing for too long

It has a track, a history and providers of its own, and hears nobody but the dialed leg. Nothing that is said here
goes into the transcript: that is what caller and agent said, and a colleague who is asked whether they are free has not
agreed to be written down. What the providers are used for counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import logging
from collections.abc import Iterator
from typing import Any

from livekit import agents, rtc
from livekit.agents import llm, stt, tts
from livekit.agents.voice import events as session_events
from livekit.agents.voice import room_io

from callcore import contract, errors, events
from worker.jobs import answering, sessions
from worker.jobs.consulting import attention, briefings, consultants, minds, summaries, voicemail_words
from worker.jobs.voicemail import ears
from worker.providers import metering, registry
from worker.spool import client as spool_client

_log = logging.getLogger(__name__)

_TRACK_NAME = "consult"
_START_S = 5.0  # for session and track, which take 0.2 s
_FIRST_SOUND_S = 5.0  # of the briefing; then the fixed one is said
_SILENCE_S = 20.0  # after which the colleague is asked once more
_MUTE_S = 45.0  # for a colleague who says nothing at all
_LONGEST_S = 60.0  # for anybody: the caller is waiting
_FAREWELL_S = 6.0
_CLOSE_S = 5.0
_KEYS = {"1": contract.Seen.ACCEPTED, "2": contract.Seen.DECLINED}
_NOBODY = "nobody"  # no leg is called so: the session is told later whom it hears


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What a job has in hand when it consults."""

    room: rtc.Room
    agent: contract.AgentPlan
    history: llm.ChatContext
    """What caller and agent said, to make a summary of where the order has none."""
    loaded: registry.Warm
    reports: spool_client.SpoolClient
    meter: metering.Meter | None = None
    """Counts what is used of the providers."""


class Consultation:
    """One destination asked whether they take the call. One attempt has one consultation."""

    def __init__(self, parts: Parts, order: contract.TransferProgress) -> None:
        """Do nothing yet.

        Args:
            parts: of the job.
            order: the transfer, whose attempt is under way.
        """
        self._parts = parts
        self._order = order
        self._gate = answering.AnswerGate(parts.room, _TRACK_NAME)
        self._agent = consultants.Consultant(self._decide, finds_voicemails=order.voicemail_detection.enabled)
        self._seen: asyncio.Future[contract.Seen] = asyncio.get_running_loop().create_future()
        self._providers: registry.Providers | None = None
        self._session: agents.AgentSession[None] | None = None
        self._attention: attention.Attention | None = None
        self._summarising: asyncio.Task[str] | None = None
        self._began_s: float | None = None

    async def prepare(self) -> str:
        """Open the providers and publish a silent track, while the phone rings; the track's sid.

        Where the agent cannot speak, as without a key, there is only the track, and `talk` says UNRESPONSIVE.

        Raises:
            TimeoutError, rtc.room.ConnectError, rtc.participant.PublishTrackError: LiveKit does not take the track.
        """
        sid = await self._gate.publish()
        try:
            async with asyncio.timeout(_START_S):
                await self._start()
        except (errors.ProviderUnavailable, TimeoutError) as error:
            self._fail("session", error)
        return sid

    async def talk(self, leg: rtc.RemoteParticipant) -> contract.Seen:
        """Ask whoever answered; ACCEPTED, DECLINED, VOICEMAIL or UNRESPONSIVE, after 60 s at the latest.

        Nothing is said any more when it returns. Cancel it when the leg leaves.
        """
        leading = asyncio.create_task(self._lead(leg))
        leading.add_done_callback(self._on_led)
        try:
            with self._answering_by_key(leg):
                seen = await self._decided()
            if seen is contract.Seen.DECLINED:
                leading.cancel()
                await self._say_farewell()
            return seen
        finally:
            self.hush()
            leading.cancel()
            await asyncio.gather(leading, return_exceptions=True)

    def hush(self) -> None:
        """Neither hear nor say anything from now on."""
        self._gate.shut()
        if self._session is not None:
            self._session.input.set_audio_enabled(False)
            self._session.output.set_audio_enabled(False)
            if self._attention is not None:
                self._session.interrupt(force=True)

    async def aclose(self) -> None:
        """Let go of all of it; takes 5 s at most."""
        self._decide(contract.Seen.UNRESPONSIVE)
        closing = contextlib.AsyncExitStack()
        if self._providers is not None:
            closing.push_async_callback(self._providers.aclose)
        closing.push_async_callback(self._gate.aclose)
        if self._session is not None:
            closing.push_async_callback(self._session.aclose)
        closing.push_async_callback(self._stop_summarising)
        try:
            async with asyncio.timeout(_CLOSE_S):
                await closing.aclose()
        except TimeoutError:
            _log.error("a consultation could not be closed in time")

    async def _start(self) -> None:
        parts = self._parts
        self._providers = await minds.providers(parts.agent, parts.loaded, parts.meter)
        model = minds.writer(parts.agent, self._providers.llm)
        self._summarising = asyncio.create_task(summaries.summarise(self._order.summary, parts.history, model))
        self._session = session = sessions.new(parts.agent, self._providers)
        session.output.audio = self._gate
        session.input.set_audio_enabled(False)  # a network may play tones and announcements before the answer
        session.on("error", self._on_error)
        session.on("close", self._on_close)
        await session.start(
            self._agent,
            room=parts.room,
            room_options=room_io.RoomOptions(
                text_input=False,
                # The caller's session has taken the room's only place for such sound; telephones send none.
                audio_input=room_io.AudioInputOptions(pre_connect_audio=False),
                audio_output=False,
                text_output=False,
                participant_identity=self._order.identity or _NOBODY,
                close_on_disconnect=False,
            ),
            session_host=False,
            record=False,
        )
        self._attention = attention.Attention(session, self._on_words)

    async def _lead(self, leg: rtc.RemoteParticipant) -> None:
        """Lead the conversation as far as the colleague does not."""
        session, heard, summarising = self._session, self._attention, self._summarising
        if session is None or heard is None or summarising is None or self._providers is None:
            self._decide(contract.Seen.UNRESPONSIVE)
            return
        self._began_s = asyncio.get_running_loop().time()
        session.room_io.set_participant(leg.identity)
        session.input.set_audio_enabled(True)
        words = await heard.first_words()
        session.clear_user_turn()  # the briefing is the answer to whatever it was
        await self._brief(session, words, await summarising, self._providers.llm)
        await heard.silence(_SILENCE_S)
        session.generate_reply(instructions=briefings.ASK_AGAIN)

    async def _brief(self, session: agents.AgentSession[None], words: str, summary: str, model: llm.LLM[Any]) -> None:
        agent, order = self._parts.agent, self._order
        await self._agent.update_instructions(briefings.instructions(agent, order, summary))
        self._agent.update_options(llm=minds.thinker(agent, order, summary, model))
        await self._gate.open()
        session.generate_reply(instructions=briefings.heard(words))
        try:
            async with asyncio.timeout(_FIRST_SOUND_S):
                await self._gate.first_frame()
        except TimeoutError:
            session.interrupt(force=True)
            session.say(briefings.fixed(agent, order, summary))

    async def _decided(self) -> contract.Seen:
        for limit_s in (_MUTE_S, _LONGEST_S - _MUTE_S):
            done, _ = await asyncio.wait([self._seen], timeout=limit_s)
            if done:
                return self._seen.result()
            if self._attention is None or not self._attention.has_heard:
                break
        return contract.Seen.UNRESPONSIVE

    async def _say_farewell(self) -> None:
        if self._session is None or self._attention is None:
            return
        self._session.input.set_audio_enabled(False)
        self._session.interrupt(force=True)
        speech = self._session.say(briefings.farewell(self._parts.agent.language), allow_interruptions=False)
        try:
            async with asyncio.timeout(_FAREWELL_S):
                await speech.wait_for_playout()
        except TimeoutError:
            _log.warning("a colleague was not told goodbye in time")

    @contextlib.contextmanager
    def _answering_by_key(self, leg: rtc.RemoteParticipant) -> Iterator[None]:
        with contextlib.ExitStack() as keys:
            if self._parts.agent.transfers.keys:
                for key, seen in _KEYS.items():
                    keys.enter_context(
                        ears.listening_for(self._parts.room, leg, key, functools.partial(self._decide, seen))
                    )
            yield

    def _decide(self, seen: contract.Seen) -> None:
        if not self._seen.done():
            self._seen.set_result(seen)

    def _fail(self, kind: str, error: BaseException) -> None:
        cause = type(error).__name__
        _log.error("a colleague cannot be spoken to", extra={"kind": kind, "error_class": cause})
        data = {"kind": kind, "error_class": cause}
        self._parts.reports.report(contract.NotedRecord(type=events.EventType.PROVIDER_FAILED, data=data))
        self._decide(contract.Seen.UNRESPONSIVE)

    async def _stop_summarising(self) -> None:
        if self._summarising is not None:
            self._summarising.cancel()
            await asyncio.gather(self._summarising, return_exceptions=True)

    def _on_words(self, words: str) -> None:
        detection, began_s = self._order.voicemail_detection, self._began_s
        if not detection.enabled or began_s is None:
            return
        if asyncio.get_running_loop().time() - began_s <= detection.timeout_s and voicemail_words.are_in(words):
            self._decide(contract.Seen.VOICEMAIL)

    def _on_error(self, event: session_events.ErrorEvent) -> None:
        error = event.error
        # A model that fails leaves the flow, which does not; who is deaf or mute cannot ask.
        if isinstance(error, (stt.STTError, tts.TTSError)) and not error.recoverable:
            self._fail(error.type.removesuffix("_error"), error.error)

    def _on_close(self, event: session_events.CloseEvent) -> None:
        self._attention = None
        if event.reason is session_events.CloseReason.ERROR:
            self._decide(contract.Seen.UNRESPONSIVE)

    def _on_led(self, leading: asyncio.Task[None]) -> None:
        if not leading.cancelled() and (error := leading.exception()) is not None:
            _log.error("a consultation broke off", exc_info=error)
            self._decide(contract.Seen.UNRESPONSIVE)

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
import logging

from livekit import agents, rtc
from livekit.agents import llm, stt, tts
from livekit.agents.voice import events as session_events
from livekit.agents.voice import room_io

from callcore import contract, errors, events
from worker.jobs import answering, sessions
from worker.jobs.consulting import attention, consultants, interviews, keys, minds, summaries, voicemail_words
from worker.providers import metering, registry
from worker.spool import client as spool_client

_log = logging.getLogger(__name__)

_TRACK_NAME = "consult"
_START_S = 5.0  # for the session, which takes 0.2 s
_MUTE_S = 45.0  # for whoever says nothing at all
_LONGEST_S = 60.0  # for anybody: the caller is waiting
_CLOSE_S = 5.0
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Opened:
    """What is there once the session was started."""

    interview: interviews.Interview
    attention: attention.Attention
    summary: asyncio.Task[str]
    model: minds.Model


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
        self._seen: asyncio.Future[contract.Seen] = asyncio.get_running_loop().create_future()
        self._opened: _Opened | None = None
        """None before it is open, and when its session has closed."""
        self._look_until_s = 0.0
        """Until when what is heard may be a voicemail's, by the clock of the loop."""
        self._closing = contextlib.AsyncExitStack()  # the last one first; one that fails keeps no other one open
        self._closing.push_async_callback(self._withdraw)
        self._is_by_key = False
        """Whoever declines by key has hung up in their mind: the caller need not wait for a goodbye."""
        self._listen_for_keys()

    async def prepare(self) -> str:
        """Open the providers and publish a silent track, while the phone rings; the track's sid.

        Where the agent cannot speak, as without a key, there is only the track, and `talk` says UNRESPONSIVE.

        Raises:
            TimeoutError, rtc.room.ConnectError, rtc.participant.PublishTrackError: LiveKit does not take the track.
        """
        sid = await self._gate.publish()
        try:
            async with asyncio.timeout(_START_S):
                await self._open()
        except (errors.ProviderUnavailable, TimeoutError) as error:
            _log.error("a colleague cannot be spoken to: %s", error)
            self._decide(contract.Seen.UNRESPONSIVE)
        return sid

    async def talk(self, leg: rtc.RemoteParticipant) -> contract.Seen:
        """Ask whoever answered; ACCEPTED, DECLINED, VOICEMAIL or UNRESPONSIVE, after 60 s at the latest.

        Nothing is said any more when it returns. Cancel it when the leg leaves.
        """
        leading = asyncio.create_task(self._lead(leg))
        leading.add_done_callback(self._on_led)
        try:
            seen = await self._decided()
            leading.cancel()
            if seen is contract.Seen.DECLINED and self._opened is not None and not self._is_by_key:
                await self._opened.interview.say_farewell()
            return seen
        finally:
            self.hush()
            leading.cancel()
            await asyncio.gather(leading, return_exceptions=True)

    @property
    def answer(self) -> contract.Seen | None:
        """What came of it, also while a colleague who declined is told goodbye; None before that."""
        return self._seen.result() if self._seen.done() else None

    def hush(self) -> None:
        """Neither hear nor say anything from now on."""
        self._gate.shut()
        if self._opened is not None:
            self._opened.interview.hush()

    async def aclose(self) -> None:
        """Let go of all of it; takes 5 s at most."""
        self._decide(contract.Seen.UNRESPONSIVE)
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._closing.aclose()
        except TimeoutError:
            _log.error("a consultation could not be closed in time")

    async def _open(self) -> None:
        parts, order = self._parts, self._order
        providers = await minds.providers(parts.agent, parts.loaded, parts.meter)
        self._closing.push_async_callback(providers.aclose)
        writer = minds.writer(parts.agent, providers.llm)
        summary = asyncio.create_task(summaries.summarise(order.summary, parts.history, writer))
        self._closing.push_async_callback(_cancel, summary)
        session = sessions.new(parts.agent, providers)
        self._closing.push_async_callback(session.aclose)
        session.output.audio = self._gate
        session.input.set_audio_enabled(False)  # a network may play tones and announcements before the answer
        session.on("error", self._on_error)
        session.on("close", self._on_close)
        consultant = consultants.Consultant(self._decide, finds_voicemails=order.voicemail_detection.enabled)
        starting = asyncio.create_task(self._start(session, consultant))
        # A session that is closed before it has started stays half open.
        self._closing.push_async_callback(asyncio.wait, [starting])
        await asyncio.shield(starting)
        self._opened = _Opened(
            interview=interviews.Interview(session, consultant, self._gate, parts.agent, order),
            attention=attention.Attention(session, self._on_words),
            summary=summary,
            model=providers.llm,
        )

    async def _start(self, session: agents.AgentSession[None], consultant: consultants.Consultant) -> None:
        await session.start(
            consultant,
            room=self._parts.room,
            room_options=room_io.RoomOptions(
                text_input=False,
                # A room has one handler of sound from before a connection, the caller's; telephones send none.
                audio_input=room_io.AudioInputOptions(pre_connect_audio=False),
                audio_output=False,
                text_output=False,
                participant_identity=self._order.identity or _NOBODY,
                close_on_disconnect=False,
            ),
            session_host=False,
            record=False,
        )

    async def _lead(self, leg: rtc.RemoteParticipant) -> None:
        if (opened := self._opened) is None:
            self._decide(contract.Seen.UNRESPONSIVE)
            return
        detection = self._order.voicemail_detection
        self._look_until_s = asyncio.get_running_loop().time() + detection.timeout_s if detection.enabled else 0.0
        otherwise = summaries.last_words(self._parts.history)
        await opened.interview.lead(leg.identity, opened.attention, opened.summary, otherwise, opened.model)

    async def _decided(self) -> contract.Seen:
        for limit_s in (_MUTE_S, _LONGEST_S - _MUTE_S):
            done, _ = await asyncio.wait([self._seen], timeout=limit_s)
            if done:
                return self._seen.result()
            if self._opened is None or not self._opened.attention.has_heard:
                break
        return contract.Seen.UNRESPONSIVE

    def _listen_for_keys(self) -> None:
        """Take a key from the first moment: whoever knows what is asked presses it before they are asked."""
        if self._parts.agent.transfers.keys and self._order.identity is not None:
            listening = keys.listening(self._parts.room, self._order.identity, self._decide_by_key)
            self._closing.enter_context(listening)

    def _decide_by_key(self, seen: contract.Seen) -> None:
        self._is_by_key = not self._seen.done() or self._is_by_key
        self._decide(seen)

    def _decide(self, seen: contract.Seen) -> None:
        if not self._seen.done():
            self._seen.set_result(seen)

    async def _withdraw(self) -> None:
        """Take the track out of the room: the next attempt brings its own."""
        sid = self._gate.track_sid
        await self._gate.aclose()
        if sid is not None and self._parts.room.isconnected():
            await self._parts.room.local_participant.unpublish_track(sid)

    def _on_words(self, words: str) -> None:
        if asyncio.get_running_loop().time() <= self._look_until_s and voicemail_words.are_in(words):
            self._decide(contract.Seen.VOICEMAIL)

    def _on_error(self, event: session_events.ErrorEvent) -> None:
        error = event.error
        # A model that fails leaves the flow, which does not; who is deaf or mute cannot ask.
        if not isinstance(error, (stt.STTError, tts.TTSError)) or error.recoverable:
            return
        data = {"kind": error.type.removesuffix("_error"), "error_class": type(error.error).__name__}
        _log.error("a provider failed", extra={"provider": error.label, **data})
        self._parts.reports.report(contract.NotedRecord(type=events.EventType.PROVIDER_FAILED, data={**data}))
        self._decide(contract.Seen.UNRESPONSIVE)

    def _on_close(self, event: session_events.CloseEvent) -> None:
        self._opened = None
        if event.reason is session_events.CloseReason.ERROR:
            self._decide(contract.Seen.UNRESPONSIVE)

    def _on_led(self, leading: asyncio.Task[None]) -> None:
        if not leading.cancelled() and (error := leading.exception()) is not None:
            _log.error("a consultation broke off", exc_info=error)
            self._decide(contract.Seen.UNRESPONSIVE)


async def _cancel(task: asyncio.Task[str]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

"""Voicemail: the greeting, the beep, and what the caller says then."""

from __future__ import annotations

import asyncio
import dataclasses
import logging

from livekit import rtc

from callcore import clock, contract, endings, errors, events
from sip_config import providers
from worker.audio import outbox, waves
from worker.jobs import endings as job_endings
from worker.jobs.speech import speaking
from worker.jobs.voicemail import beeps, ears, messages, patience, transcribing
from worker.providers import metering, registry
from worker.spool import client as spool_client

_log = logging.getLogger(__name__)

_LONGEST_S = 900.0  # dispatch takes files of 32 MB, which is 1000 s
_END_KEY = "#"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What a job has in hand when it takes a message."""

    room: rtc.Room
    caller: rtc.RemoteParticipant
    speaker: speaking.Speaker
    loaded: registry.Warm
    outbox: outbox.Outbox
    ending: job_endings.Ending
    reports: spool_client.SpoolClient
    clock: clock.Clock
    meter: metering.Meter | None = None
    """Counts what is used of the recogniser."""


class Voicemail:
    """One message taken. A caller who hangs up before saying anything leaves none."""

    def __init__(self, plan: contract.TakeMessage, parts: Parts) -> None:
        self._plan = plan
        self._parts = parts
        self._message: messages.Message | None = None

    async def take(self) -> None:
        """Greet, beep and record; the ending is decided when it is over, unless the caller hangs up first.

        Raises:
            ProviderUnavailable: the greeting cannot be spoken.
        """
        # Made while the greeting is spoken, as it may take a moment; nothing is lost if that is cut short.
        preparing = asyncio.create_task(asyncio.to_thread(self._recogniser))
        try:
            await self._parts.speaker.say(self._plan.greeting)
            recogniser = await preparing
        finally:
            preparing.cancel()
            await asyncio.gather(preparing, return_exceptions=True)
        recording = self._recording()
        if recording is None and recogniser is None:
            # Nobody would ever hear or read it: the caller gets an apology instead of a beep.
            self._parts.ending.decide(endings.Reason.INTERNAL_ERROR, endings.EndedBy.SYSTEM)
            return
        self._message = messages.Message(
            patience.Patience(longest_s=min(self._plan.max_duration_s, _LONGEST_S)),
            recording=recording,
            transcript=transcribing.Transcript(recogniser, self._parts.reports) if recogniser else None,
            on_message=self._parts.ending.note_message,
        )
        with ears.listening_for(self._parts.room, self._parts.caller.identity, _END_KEY, self._decide):
            await self._parts.speaker.player.play_pcm(beeps.tone(self._parts.speaker.player.rate))
            await self._record(self._message)
        self._decide()

    async def close(self) -> None:
        """Put the message on record, in writing too, and hand its sound to the worker's main process."""
        if self._message is None:
            return
        try:
            await self._message.close()
        finally:
            if (duration_s := self._message.duration_s) is not None:
                data = {"duration_s": round(duration_s, 1)}
                self._parts.reports.report(contract.NotedRecord(type=events.EventType.VOICEMAIL, data=data))

    async def _record(self, message: messages.Message) -> None:
        parts = self._parts
        activity = parts.loaded.activity(providers.LocalVad()).stream()
        try:
            await message.take(ears.frames(parts.room, parts.caller, waves.RATE), activity)
        except TimeoutError:
            _log.warning("no sound comes from the caller, or nothing is made of it")

    def _decide(self) -> None:
        is_left = self._message is not None and self._message.duration_s is not None
        reason = endings.Reason.VOICEMAIL if is_left else endings.Reason.SILENCE
        self._parts.ending.decide(reason, endings.EndedBy.SYSTEM)

    def _recogniser(self) -> transcribing.Recogniser | None:
        try:
            language, meter = self._plan.voice.language, self._parts.meter
            return registry.recogniser(self._plan.stt, language, self._parts.loaded, meter=meter)
        except errors.ProviderUnavailable as error:
            _log.error("a message is not written down: %s", error.message)
            return None

    def _recording(self) -> outbox.Recording | None:
        try:
            return self._parts.outbox.begin(
                contract.AudioKind.VOICEMAIL, self._parts.room.name, self._parts.clock.now()
            )
        except (outbox.OutboxFull, OSError) as error:
            _log.error("a message is not kept as sound", extra={"error_class": type(error).__name__})
            return None

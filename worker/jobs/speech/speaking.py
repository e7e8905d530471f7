"""Saying fixed texts where no agent talks."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import AsyncGenerator, Callable

from livekit import agents, rtc

from callcore import clock, contract, errors, events, turns
from worker.jobs import answering
from worker.jobs.speech import playing, pronouncing
from worker.providers import metering, registry
from worker.spool import client as spool_client

_log = logging.getLogger(__name__)

_STALL_S = 5.0  # between two pieces of sound; voices make them faster than they are played
_TRACK_NAME = "agent"


class Speaker:
    """A voice with a track in the call's room; what it says goes on record."""

    def __init__(
        self,
        room: rtc.Room,
        voice: contract.Voice,
        loaded: registry.Warm,
        *,
        reports: spool_client.SpoolClient,
        timepiece: clock.Clock,
        on_heard: Callable[[], None],
        meter: metering.Meter | None = None,
    ) -> None:
        """Make the voice ready; no track is published before there is something to hear.

        Raises:
            ProviderUnavailable: a key or a library is missing.
        """
        self._voice = registry.voice(voice, loaded, meter=meter)
        self._pronouncer = pronouncing.Pronouncer(voice.pronunciations)
        self._reports = reports
        self._clock = timepiece
        self._began_at: dt.datetime | None = None
        self.player = playing.Player(room, rate=self._voice.sample_rate, name=_TRACK_NAME, on_heard=on_heard)

    async def say(self, text: str) -> None:
        """Say a text to its end.

        Raises:
            ProviderUnavailable: the voice was not there in time, or broke off.
        """
        self._began_at = None
        is_whole = False
        try:
            async with contextlib.aclosing(self._synthesised(text)) as frames:
                await self.player.play(frames)
            is_whole = True
        finally:
            self._report_turn(text, interrupted=not is_whole)

    async def aclose(self) -> None:
        """Fall silent, and let go of the voice."""
        await self.player.aclose()
        await self._voice.aclose()

    async def _synthesised(self, text: str) -> AsyncGenerator[rtc.AudioFrame, None]:
        limit = answering.GREETING_S
        async with self._voice.synthesize(self._pronouncer.apply(text), conn_options=registry.ATTEMPT) as stream:
            while True:
                try:
                    async with asyncio.timeout(limit):
                        event = await anext(stream)
                except StopAsyncIteration:
                    return
                except (agents.APIError, TimeoutError) as error:
                    raise self._failed(error) from error
                self._began_at = self._began_at or self._clock.now()
                yield event.frame
                limit = _STALL_S

    def _failed(self, error: Exception) -> errors.ProviderUnavailable:
        cause = type(error).__name__
        _log.error("a provider failed", extra={"kind": "tts", "provider": self._voice.label, "error_class": cause})
        self._reports.report(
            contract.NotedRecord(type=events.EventType.PROVIDER_FAILED, data={"kind": "tts", "error_class": cause})
        )
        return errors.ProviderUnavailable(f"the voice failed: {cause}")

    def _report_turn(self, text: str, *, interrupted: bool) -> None:
        if self._began_at is None or not self.player.is_heard:
            return
        said = contract.TurnRecord(role=turns.Role.AGENT, message=text[: contract.MAX_TEXT], interrupted=interrupted)
        self._reports.report(said, at=self._began_at)

"""Writing down what a caller says to a machine, while it is said."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from livekit import agents, rtc
from livekit.agents import stt

from callcore import contract, events, turns
from worker.providers import registry
from worker.spool import client as spool_client

_log = logging.getLogger(__name__)

_SILENCE_S = 1.0  # after the last word: recognisers that wait for the end of an utterance get one
_FRAME_S = 0.02
_LAST_WORDS_S = 10.0  # for what is still to be recognised when the caller is gone

Recogniser = stt.STT[Any]
"""(`Any`: the parameter names extra events.)"""


class Transcript:
    """Each utterance becomes a turn of the caller. Recognition that fails takes nothing else with it."""

    def __init__(self, recogniser: Recogniser, reports: spool_client.SpoolClient) -> None:
        self._recogniser = recogniser
        self._reports = reports
        self._stream = recogniser.stream(conn_options=registry.ATTEMPT)
        self._rate: int | None = None
        self._writing = asyncio.create_task(self._write())

    def hear(self, frame: rtc.AudioFrame) -> None:
        """Take more of what the caller says."""
        self._rate = frame.sample_rate
        if not self._writing.done():
            self._stream.push_frame(frame)

    async def close(self) -> None:
        """Wait for the last words, but not for ever, and let go of the recogniser."""
        try:
            if self._rate is not None and not self._writing.done():
                self._end(self._rate)
                await asyncio.wait([self._writing], timeout=_LAST_WORDS_S)
        finally:
            self._writing.cancel()
            (fault,) = await asyncio.gather(self._writing, return_exceptions=True)
            if isinstance(fault, Exception):
                _log.error("what a caller says is not written down any more", exc_info=fault)
            await self._stream.aclose()
            await self._recogniser.aclose()

    def _end(self, rate: int) -> None:
        size = round(rate * _FRAME_S)
        for _ in range(round(_SILENCE_S / _FRAME_S)):
            self._stream.push_frame(rtc.AudioFrame(bytes(2 * size), rate, 1, size))
        self._stream.end_input()

    async def _write(self) -> None:
        try:
            async for event in self._stream:
                if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT and (text := event.alternatives[0].text.strip()):
                    said = contract.TurnRecord(role=turns.Role.USER, message=text[: contract.MAX_TEXT])
                    self._reports.report(said)
        except agents.APIError as error:
            cause = type(error).__name__
            _log.error("a provider failed", extra={"kind": "stt", "error_class": cause})
            self._reports.report(
                contract.NotedRecord(type=events.EventType.PROVIDER_FAILED, data={"kind": "stt", "error_class": cause})
            )

"""What callers say to a machine is written down, and recognition that fails takes nothing with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from livekit import agents, rtc
from livekit.agents import stt
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer

from tests.unit.worker import reports
from worker.jobs.voicemail import transcribing

pytestmark = pytest.mark.unit

RATE = 16_000
FRAME = rtc.AudioFrame(bytes(640), RATE, 1, 320)
DEADLINE_S = 30.0


class Recogniser(stt.STT[None]):
    """Says something whenever the test says so, or when its input ends."""

    def __init__(self, *at_end: str, failure: Exception | None = None, hangs: bool = False) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.at_end = at_end
        self.failure = failure
        self.hangs = hangs
        self.heard_s = 0.0
        self.is_closed = False

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: agents.APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        return Stream(self, conn_options)

    async def aclose(self) -> None:
        self.is_closed = True

    async def _recognize_impl(
        self, buffer: AudioBuffer, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: agents.APIConnectOptions
    ) -> stt.SpeechEvent:
        raise NotImplementedError


class Stream(stt.RecognizeStream):
    def __init__(self, owner: Recogniser, conn_options: agents.APIConnectOptions) -> None:
        super().__init__(stt=owner, conn_options=conn_options)
        self._owner = owner

    async def _run(self) -> None:
        if self._owner.failure:
            raise self._owner.failure
        async for item in self._input_ch:
            if isinstance(item, rtc.AudioFrame):
                self._owner.heard_s += item.duration
        if self._owner.hangs:
            await asyncio.Event().wait()
        for text in self._owner.at_end:
            for kind in (stt.SpeechEventType.INTERIM_TRANSCRIPT, stt.SpeechEventType.FINAL_TRANSCRIPT):
                said = stt.SpeechData(language=agents.LanguageCode("en"), text=text)
                self._event_ch.send_nowait(stt.SpeechEvent(type=kind, alternatives=[said]))


@pytest.fixture
def told() -> reports.Reports:
    return reports.Reports()


Make = Callable[[Recogniser], transcribing.Transcript]


@pytest.fixture
def make(told: reports.Reports) -> Make:
    return lambda recogniser: transcribing.Transcript(recogniser, told)  # type: ignore[arg-type]


async def test_each_utterance_is_a_turn_of_the_caller_and_the_last_words_count(
    make: Make, told: reports.Reports
) -> None:
    recogniser = Recogniser("Hello.", "  ", "Call me back.")
    transcript = make(recogniser)
    for _ in range(50):
        transcript.hear(FRAME)
    async with asyncio.timeout(DEADLINE_S):
        await transcript.close()
    assert told.turns == [("user", "Hello.", False), ("user", "Call me back.", False)]
    assert recogniser.heard_s == pytest.approx(2.0), "a second of silence ends the last utterance"
    assert recogniser.is_closed


async def test_recognition_that_fails_is_noted_and_takes_more_sound_in_silence(
    make: Make, told: reports.Reports
) -> None:
    transcript = make(Recogniser(failure=agents.APIConnectionError(retryable=False)))
    transcript.hear(FRAME)
    async with asyncio.timeout(DEADLINE_S):
        while not told.noted:
            await asyncio.sleep(0)
    transcript.hear(FRAME)
    await transcript.close()
    assert told.noted == [("call.provider_failed", {"kind": "stt", "error_class": "APIConnectionError"})]
    assert told.turns == []


async def test_last_words_are_not_waited_for_for_ever(
    make: Make, told: reports.Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcribing, "_LAST_WORDS_S", 0.02)
    recogniser = Recogniser("Never.", hangs=True)
    transcript = make(recogniser)
    transcript.hear(FRAME)
    async with asyncio.timeout(DEADLINE_S):
        await transcript.close()
    assert told.turns == []
    assert recogniser.is_closed


async def test_without_any_sound_there_is_nothing_to_wait_for(make: Make) -> None:
    recogniser = Recogniser("Never.", hangs=True)
    async with asyncio.timeout(DEADLINE_S):
        await make(recogniser).close()
    assert recogniser.is_closed

"""Voicemail as a story: the greeting, the beep, the message, and every way it can end."""

from __future__ import annotations

import asyncio
import functools
import pathlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest
from livekit import rtc

from callcore import contract, endings
from tests.unit.providers import telephone
from tests.unit.worker import reports, samples
from worker.audio import outbox
from worker.jobs import endings as job_endings
from worker.jobs.voicemail import beeps, ears, voicemails
from worker.providers import registry

pytestmark = pytest.mark.unit

DEADLINE_S = 30.0
TEXT = "I have a question about my bill, please call me back."
OFFLINE = contract.ProviderSpec(provider="offline")
PLAN = contract.TakeMessage(
    greeting="Please leave a message.", voice=contract.Voice(tts=OFFLINE, language="en"), stt=OFFLINE
)


@functools.cache
def warm() -> registry.Warm:
    return registry.prewarm({})


class Speaker:
    """Stands in for the voice and its track."""

    def __init__(self) -> None:
        self.rate = 8000
        self.player = self
        self.heard: list[str] = []
        self.is_slow = False
        self.on_beep: Callable[[], None] = lambda: None

    async def say(self, text: str) -> None:
        if self.is_slow:
            await asyncio.Event().wait()
        self.heard.append(text)

    async def play_pcm(self, pcm: bytes) -> None:
        assert pcm == beeps.tone(self.rate)
        self.heard.append("beep")
        self.on_beep()


class Room(rtc.EventEmitter[str]):
    name = "call_+12015550100_x7"


class Caller:
    identity = "sip_caller"


class Deaf:
    """Stands in for a recogniser, and for its stream."""

    def stream(self, **_: object) -> Deaf:
        return self

    def push_frame(self, _: rtc.AudioFrame) -> None:
        pass

    def end_input(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    def __aiter__(self) -> Deaf:
        return self

    async def __anext__(self) -> None:
        raise StopAsyncIteration


class Story:
    """One caller at the machine."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.ending = job_endings.Ending()
        self.told = reports.Reports()
        self.room, self.caller, self.speaker = Room(), Caller(), Speaker()
        self.outbox = outbox.Outbox(folder / "audio")
        parts: dict[str, Any] = {
            "room": self.room,
            "caller": self.caller,
            "speaker": self.speaker,
            "loaded": warm(),
            "outbox": self.outbox,
            "ending": self.ending,
            "reports": self.told,
            "clock": samples.a_clock(),
        }
        self.voicemail = voicemails.Voicemail(PLAN, voicemails.Parts(**parts))

    async def lived(self, meanwhile: Callable[[], bool] = lambda: False) -> endings.Termination:
        """Live through the call, hanging up when the test says so; how it ended."""
        taking = asyncio.create_task(self.voicemail.take())
        async with asyncio.timeout(DEADLINE_S):
            while not self.ending.is_decided:
                if meanwhile():
                    self.ending.decide(endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)
                await asyncio.sleep(0.005)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        await self.voicemail.close()
        return await self.ending.wait()

    def press(self, digit: str, identity: str = "sip_caller") -> None:
        who: Any = Caller()
        who.identity = identity
        self.room.emit("sip_dtmf_received", rtc.SipDTMF(code=11, digit=digit, participant=who))

    def sounds_kept(self) -> list[contract.AudioLabel]:
        found = [self.outbox.parcel(path) for path in self.outbox.paths()]
        return [parcel.label for parcel in found if parcel]


@pytest.fixture
async def story(tmp_path: pathlib.Path) -> Story:
    return Story(tmp_path)


@pytest.fixture
def without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recogniser that hears nothing: the real one takes its time."""
    monkeypatch.setattr(registry, "recogniser", lambda *_, **__: Deaf())


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[[telephone.Samples], None]:
    def set_up(sound: telephone.Samples) -> None:
        async def frames(*_: object) -> AsyncIterator[rtc.AudioFrame]:
            for frame in telephone.frames(sound):
                yield frame
            await asyncio.Event().wait()

        monkeypatch.setattr(ears, "frames", frames)

    return set_up


Says = Callable[[telephone.Samples], None]


async def test_a_message_is_kept_as_sound_and_in_writing(story: Story, says: Says) -> None:
    says(np.concatenate([telephone.speech(TEXT), telephone.silence(8.0)]))
    end = await story.lived()
    assert story.speaker.heard == ["Please leave a message.", "beep"]
    assert (end.reason, end.ended_by) == (endings.Reason.VOICEMAIL, endings.EndedBy.SYSTEM)
    (label,) = story.sounds_kept()
    assert (label.room_name, label.recorded_at) == (story.room.name, samples.NOW)
    assert story.told.noted == [("call.voicemail", {"duration_s": pytest.approx(label.duration_s, abs=0.1)})]
    heard = " ".join(text for role, text, _ in story.told.turns if role == "user").split()
    assert len(set(heard) & {"have", "question", "about", "my", "please", "call", "me", "back"}) >= 5


@pytest.mark.usefixtures("without_words")
async def test_a_caller_who_hangs_up_after_the_message_has_left_it(story: Story, says: Says) -> None:
    says(np.concatenate([telephone.speech(TEXT), telephone.silence(2.0)]))
    end = await story.lived(lambda: story.ending._has_message)
    assert (end.reason, end.ended_by) == (endings.Reason.VOICEMAIL, endings.EndedBy.CALLER)
    assert len(story.sounds_kept()) == 1


@pytest.mark.usefixtures("without_words")
async def test_the_end_key_ends_the_message_and_others_do_not(story: Story, says: Says) -> None:
    says(np.concatenate([telephone.speech(TEXT), telephone.silence(3.0)]))

    def keys() -> bool:
        if story.ending._has_message:
            story.press("1")
            story.press("#", "sip_somebody_else")
            assert not story.ending.is_decided
            story.press("#")
        return False

    end = await story.lived(keys)
    assert (end.reason, end.ended_by) == (endings.Reason.VOICEMAIL, endings.EndedBy.SYSTEM)
    assert len(story.sounds_kept()) == 1


@pytest.mark.usefixtures("without_words")
async def test_a_caller_who_says_nothing_is_hung_up_on_and_leaves_nothing(story: Story, says: Says) -> None:
    says(telephone.silence(11.0))
    end = await story.lived()
    assert (end.reason, end.ended_by) == (endings.Reason.SILENCE, endings.EndedBy.SYSTEM)
    assert (story.sounds_kept(), story.told.records) == ([], [])


@pytest.mark.usefixtures("without_words")
async def test_a_caller_who_hangs_up_during_the_greeting_leaves_nothing(story: Story, says: Says) -> None:
    says(telephone.silence(0.1))
    story.speaker.is_slow = True
    end = await story.lived(lambda: True)
    assert (end.reason, end.ended_by) == (endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)
    assert (story.speaker.heard, story.sounds_kept(), story.told.records) == ([], [], [])


@pytest.mark.usefixtures("without_words")
async def test_a_line_without_sound_is_closed(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> AsyncIterator[rtc.AudioFrame]:
        raise TimeoutError
        yield  # type: ignore[unreachable]  # makes it a generator

    monkeypatch.setattr(ears, "frames", nothing)
    assert (await story.lived()).reason is endings.Reason.SILENCE


async def test_a_recogniser_that_cannot_be_had_loses_no_sound(
    story: Story, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(np.concatenate([telephone.speech(TEXT), telephone.silence(8.0)]))
    hosted = PLAN.model_copy(update={"stt": contract.ProviderSpec(provider="deepgram")})
    monkeypatch.setattr(story.voicemail, "_plan", hosted)
    assert (await story.lived()).reason is endings.Reason.VOICEMAIL
    assert len(story.sounds_kept()) == 1
    assert story.told.turns == []


async def test_where_nothing_could_be_kept_no_message_is_asked_for(
    story: Story, says: Says, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    says(telephone.silence(0.1))
    hosted = PLAN.model_copy(update={"stt": contract.ProviderSpec(provider="deepgram")})
    monkeypatch.setattr(story.voicemail, "_plan", hosted)
    (tmp_path / "audio").write_text("in the way")
    assert (await story.lived()).reason is endings.Reason.INTERNAL_ERROR, "which brings an apology"
    assert story.speaker.heard == ["Please leave a message."]


@pytest.mark.usefixtures("without_words")
async def test_the_end_key_counts_from_the_beep_on(story: Story, says: Says) -> None:
    says(telephone.silence(0.1))
    story.speaker.on_beep = lambda: story.press("#")
    assert (await story.lived()).reason is endings.Reason.SILENCE

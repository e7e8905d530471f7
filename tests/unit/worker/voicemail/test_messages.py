"""A message is heard with the real detector of voice, and kept as far as disk and recogniser take it."""

from __future__ import annotations

import asyncio
import functools
import logging
import pathlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import numpy as np
import pytest
from livekit import rtc

from callcore import contract
from sip_config import providers
from tests.unit.providers import telephone
from tests.unit.worker import samples
from worker.audio import outbox
from worker.jobs.voicemail import messages, patience
from worker.providers import registry

pytestmark = pytest.mark.unit

TEXT = "I have a question about my bill, please call me back."
DEADLINE_S = 30.0


@functools.cache
def warm() -> registry.Warm:
    return registry.prewarm({})


class Kept:
    """One message, with a folder for its sound."""

    def __init__(self, folder: pathlib.Path, longest_s: float = 60.0) -> None:
        self.outbox = outbox.Outbox(folder)
        self.recording = self.outbox.begin(contract.AudioKind.VOICEMAIL, "room", samples.NOW)
        self.noted: list[bool] = []
        self.message = messages.Message(
            patience.Patience(longest_s=longest_s),
            recording=self.recording,
            transcript=None,
            on_message=lambda: self.noted.append(True),
        )

    async def take(self, sound: telephone.Samples, *, is_endless: bool = False) -> patience.Over:
        activity = warm().activity(providers.LocalVad()).stream()
        async with asyncio.timeout(DEADLINE_S):
            return await self.message.take(played(telephone.frames(sound), is_endless=is_endless), activity)

    def durations(self) -> list[float]:
        found = [self.outbox.parcel(path) for path in self.outbox.paths()]
        return [parcel.label.duration_s for parcel in found if parcel]


async def played(frames: Iterable[rtc.AudioFrame], *, is_endless: bool) -> AsyncIterator[rtc.AudioFrame]:
    for frame in frames:
        yield frame
    if is_endless:
        await asyncio.Event().wait()


@pytest.fixture
def spoken() -> telephone.Samples:
    return telephone.speech(TEXT)


async def test_a_message_ends_with_silence_and_is_kept_without_it(
    tmp_path: pathlib.Path, spoken: telephone.Samples
) -> None:
    kept = Kept(tmp_path)
    spoken_s = len(spoken) / 16_000
    assert await kept.take(np.concatenate([spoken, telephone.silence(8.0)]), is_endless=True) is patience.Over.SILENCE
    assert kept.noted == [True]
    assert kept.durations() == [], "nobody sends what is not closed"
    await kept.message.close()
    (duration_s,) = kept.durations()
    assert duration_s == pytest.approx(spoken_s + 1.0, abs=0.6)
    assert kept.message.duration_s == pytest.approx(duration_s, abs=0.01)


async def test_a_caller_who_hangs_up_leaves_what_was_said(tmp_path: pathlib.Path, spoken: telephone.Samples) -> None:
    kept = Kept(tmp_path)
    taking = asyncio.create_task(kept.take(spoken, is_endless=True))
    async with asyncio.timeout(DEADLINE_S):
        while not kept.noted:
            await asyncio.sleep(0.001)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    await kept.message.close()
    (duration_s,) = kept.durations()
    assert duration_s >= patience.MESSAGE_S


async def test_a_caller_who_says_nothing_leaves_nothing(tmp_path: pathlib.Path) -> None:
    kept = Kept(tmp_path)
    assert await kept.take(telephone.silence(11.0), is_endless=True) is patience.Over.SILENCE
    await kept.message.close()
    assert kept.message.duration_s is None
    assert kept.noted == []
    assert list(tmp_path.iterdir()) == []


async def test_a_message_may_be_no_longer_than_allowed(tmp_path: pathlib.Path, spoken: telephone.Samples) -> None:
    kept = Kept(tmp_path, longest_s=2.0)
    assert await kept.take(np.concatenate([spoken, spoken]), is_endless=True) is patience.Over.FULL
    await kept.message.close()
    assert kept.durations() == [pytest.approx(2.0, abs=0.1)]


async def test_a_full_disk_is_said_and_does_not_end_the_call(
    tmp_path: pathlib.Path, spoken: telephone.Samples, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    kept = Kept(tmp_path)
    monkeypatch.setattr(kept.recording, "write", full)
    with caplog.at_level(logging.ERROR):
        assert await kept.take(np.concatenate([spoken, telephone.silence(7.0)])) is patience.Over.SILENCE
    assert kept.noted == [True]
    assert [record.message for record in caplog.records] == ["the disk does not take a message"]
    await kept.message.close()


async def test_a_detector_that_says_nothing_holds_no_line(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deaf:
        def __aiter__(self) -> Deaf:
            return self

        async def __anext__(self) -> None:
            await asyncio.Event().wait()

        def push_frame(self, _: rtc.AudioFrame) -> None:
            pass

        async def aclose(self) -> None:
            pass

    monkeypatch.setattr(messages, "_LATE_S", 0.05)
    deaf: Any = Deaf()
    message = Kept(tmp_path, longest_s=0.05).message
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(DEADLINE_S) as deadline:
            await message.take(played([], is_endless=True), deaf)
    assert not deadline.expired()
    await message.close()

"""Hold music: it goes on until it is stopped, and what cannot be played is silence."""

from __future__ import annotations

import asyncio
import gc
import pathlib
import wave
from collections.abc import Iterator
from typing import Any

import pytest
from livekit import rtc

from tests.unit.worker import bridges
from worker.jobs.transfers import music

# livekit-agents leaves a file that is not played to its end to the garbage collector.
pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

DEADLINE_S = 30.0
HoldMusic = music.WaitingSound  # the true one: every other test has another
LENGTH = 12_000  # samples of a file; 0.5 s


class Local(bridges.Bridge):
    """A room, whose tracks can be taken away again."""

    def __init__(self) -> None:
        super().__init__()
        self.unpublished: list[str] = []

    async def unpublish_track(self, sid: str) -> None:
        self.unpublished.append(sid)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Any:
    bridges.build(monkeypatch)
    monkeypatch.setattr(bridges.Source, "capture_frame", capture)
    return Local()


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Collect in these tests what they have left, and in no other."""
    yield
    gc.collect()


async def capture(self: bridges.Source, frame: rtc.AudioFrame) -> None:
    await asyncio.sleep(0)
    self.heard += bytes(frame.data)


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "music.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(b"\x00\x40" * LENGTH)
    return path


async def until_heard(samples: int) -> bridges.Source:
    async with asyncio.timeout(DEADLINE_S):
        while not (bridges.Source.made and len(bridges.Source.made[0].heard) >= 2 * samples):
            await asyncio.sleep(0.001)
    return bridges.Source.made[0]


async def test_it_begins_again_at_its_end_and_is_not_loud(room: Any, path: pathlib.Path) -> None:
    held = HoldMusic(room, path)
    assert await held.open() == "TR_1"
    held.play()
    source = await until_heard(3 * LENGTH)
    await held.aclose()
    assert max(source.heard[1::2]) < 0x40 // 2
    assert source.is_closed
    assert room.unpublished == ["TR_1"]


async def test_the_piece_that_comes_along_can_be_played(room: Any) -> None:
    held = HoldMusic(room, None)
    await held.open()
    held.play()
    await until_heard(LENGTH)
    await held.aclose()


async def test_it_is_silent_once_it_is_told_to_be(room: Any, path: pathlib.Path) -> None:
    held = HoldMusic(room, path)
    await held.open()
    held.play()
    source = await until_heard(1)
    held.hush()
    heard = len(source.heard)
    await asyncio.sleep(0.01)
    assert len(source.heard) == heard
    held.play()
    await until_heard(heard // 2 + LENGTH)
    await held.aclose()


@pytest.mark.parametrize("content", [None, b"", b"no music"], ids=["missing", "empty", "nonsense"])
async def test_a_file_that_is_none_is_silence(
    room: Any, tmp_path: pathlib.Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "music.ogg"
    if content is not None:
        path.write_bytes(content)
    held = HoldMusic(room, path)
    await held.open()
    held.play()
    async with asyncio.timeout(DEADLINE_S):
        while "music" not in caplog.text:
            await asyncio.sleep(0.001)
    await held.aclose()
    assert not bridges.Source.made[0].heard


async def test_a_track_that_nobody_takes_is_silence(room: Any) -> None:
    room.failure = rtc.participant.PublishTrackError("no")
    held = HoldMusic(room, None)
    assert await held.open() is None
    held.play()
    held.hush()
    await held.aclose()

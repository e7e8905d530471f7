"""Ready sound reaches the caller whole, and answers the call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from livekit import rtc

from tests.unit.worker import bridges
from worker.jobs.speech import apologies, playing
from worker.jobs.voicemail import beeps

pytestmark = pytest.mark.unit

RATE = 8000
DEADLINE_S = 30.0


@pytest.fixture
def bridge(monkeypatch: pytest.MonkeyPatch) -> bridges.Bridge:
    return bridges.build(monkeypatch)


class Line:
    """Counts how often the call was answered."""

    def __init__(self, bridge: bridges.Bridge) -> None:
        self.answers = 0
        self.player = playing.Player(bridge, rate=RATE, name="test", on_heard=self.answer)  # type: ignore[arg-type]

    def answer(self) -> None:
        self.answers += 1


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_sound_waits_for_the_bridge_and_none_of_it_is_lost(bridge: bridges.Bridge) -> None:
    line = Line(bridge)
    assert bridge.published == []
    playing_ = asyncio.create_task(line.player.play_pcm(beeps.tone(RATE)))
    await settled()
    assert bridge.published == ["test"]
    assert (bridges.Source.made[0].heard, line.answers, line.player.is_heard) == (b"", 0, False)
    bridge.subscribed.set()
    async with asyncio.timeout(DEADLINE_S):
        await playing_
    assert bridges.Source.made[0].heard == beeps.tone(RATE)
    assert (line.answers, line.player.is_heard) == (1, True)


async def test_what_follows_needs_no_second_track(bridge: bridges.Bridge) -> None:
    line = Line(bridge)
    bridge.subscribed.set()
    await line.player.play_pcm(beeps.tone(RATE))
    await line.player.play_pcm(beeps.tone(RATE))
    assert bridge.published == ["test"]
    assert line.answers == 1
    assert bridges.Source.made[0].heard == 2 * beeps.tone(RATE)


async def test_without_any_sound_nothing_is_answered(bridge: bridges.Bridge) -> None:
    async def silence() -> AsyncIterator[rtc.AudioFrame]:
        frames: list[rtc.AudioFrame] = []
        for frame in frames:
            yield frame

    line = Line(bridge)
    await line.player.play(silence())
    assert (bridge.published, line.answers) == ([], 0)


async def test_a_bridge_that_takes_no_track_is_not_waited_for_long(
    bridge: bridges.Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playing, "_SUBSCRIBE_S", 0.02)
    line = Line(bridge)
    with pytest.raises(TimeoutError):
        await line.player.play_pcm(beeps.tone(RATE))
    assert line.answers == 0


async def test_the_apology_answers_and_is_heard_to_its_end(bridge: bridges.Bridge) -> None:
    bridge.subscribed.set()
    answers: list[bool] = []
    async with asyncio.timeout(DEADLINE_S):
        await apologies.play(bridge, lambda: answers.append(True))  # type: ignore[arg-type]
    (source,) = bridges.Source.made
    assert answers == [True]
    assert len(source.heard) / 2 / source.rate > 3.0
    assert source.is_closed


async def test_an_apology_that_nobody_hears_is_no_fault(bridge: bridges.Bridge) -> None:
    bridge.failure = rtc.participant.PublishTrackError("engine is closed")
    await apologies.play(bridge, lambda: None)  # type: ignore[arg-type]
    assert bridges.Source.made[0].is_closed

"""The answer gate: nothing is answered before there is something to hear, and none of it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from livekit import rtc

from tests.unit.worker import bridges
from worker.jobs import answering

pytestmark = pytest.mark.unit

RATE = 24_000
FRAME_MS = 20
DEADLINE_S = 30.0


@pytest.fixture
def bridge(monkeypatch: pytest.MonkeyPatch) -> bridges.Bridge:
    return bridges.build(monkeypatch)


@pytest.fixture
async def gate(bridge: bridges.Bridge) -> AsyncIterator[answering.AnswerGate]:
    made = answering.AnswerGate(bridge)  # type: ignore[arg-type]  # a room of the test's own
    yield made
    await made.aclose()
    assert bridges.Source.made[0].is_closed


def frame(number: int) -> rtc.AudioFrame:
    """20 ms of sound that can be told from every other."""
    samples = RATE * FRAME_MS // 1000
    return rtc.AudioFrame(number.to_bytes(2, "little") * samples, RATE, 1, samples)


async def speak(gate: answering.AnswerGate, count: int) -> None:
    """What a session does with the greeting: hand over frame after frame, then say that this was all."""
    for number in range(1, count + 1):
        await gate.capture_frame(frame(number))
    gate.flush()


def sound(count: int) -> bytes:
    return b"".join(bytes(frame(number).data) for number in range(1, count + 1))


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def played(gate: answering.AnswerGate) -> None:
    async with asyncio.timeout(DEADLINE_S):
        await gate.wait_for_playout()


async def test_nothing_is_published_before_there_is_something_to_hear(
    gate: answering.AnswerGate, bridge: bridges.Bridge
) -> None:
    waiting = asyncio.create_task(gate.first_frame())
    await settled()
    assert bridge.published == []
    assert not waiting.done()
    waiting.cancel()


async def test_the_first_frame_publishes_the_track_and_is_held_until_the_bridge_listens(
    gate: answering.AnswerGate, bridge: bridges.Bridge
) -> None:
    speaking = asyncio.create_task(speak(gate, 10))
    async with asyncio.timeout(DEADLINE_S):
        await gate.first_frame()
    await settled()
    assert bridge.published == ["agent"]
    assert bridges.Source.made[0].heard == b""
    assert not speaking.done()
    bridge.subscribed.set()
    await speaking
    await played(gate)
    assert bridges.Source.made[0].heard == sound(10)


async def test_no_frame_is_lost_when_the_answer_comes_at_its_deadline(
    gate: answering.AnswerGate, bridge: bridges.Bridge
) -> None:
    opening = asyncio.create_task(gate.open())
    await settled()
    speaking = asyncio.create_task(speak(gate, 7))
    await settled()
    assert not opening.done()
    bridge.subscribed.set()
    await asyncio.gather(opening, speaking)
    await played(gate)
    assert bridge.published == ["agent"]
    assert bridges.Source.made[0].heard == sound(7)


async def test_a_call_may_be_answered_without_a_greeting(gate: answering.AnswerGate, bridge: bridges.Bridge) -> None:
    bridge.subscribed.set()
    async with asyncio.timeout(DEADLINE_S):
        await gate.open()
    assert bridge.published == ["agent"]
    assert bridges.Source.made[0].heard == b""
    await speak(gate, 3)
    await played(gate)
    assert bridges.Source.made[0].heard == sound(3)


async def test_a_held_greeting_is_published_and_waits_for_the_answer_whole(
    gate: answering.AnswerGate, bridge: bridges.Bridge
) -> None:
    """A phone that we dial answers by itself; what the bridge takes before that is not ours to use."""
    gate.hold()
    speaking = asyncio.create_task(speak(gate, 10))
    async with asyncio.timeout(DEADLINE_S):
        await gate.first_frame()
    bridge.subscribed.set()
    await settled()
    assert bridge.published == ["agent"]
    assert bridges.Source.made[0].heard == b""
    assert not speaking.done()
    async with asyncio.timeout(DEADLINE_S):
        await gate.open()
        await speaking
    await played(gate)
    assert bridge.published == ["agent"]
    assert bridges.Source.made[0].heard == sound(10)


async def test_opening_again_changes_nothing(gate: answering.AnswerGate, bridge: bridges.Bridge) -> None:
    openings = [asyncio.create_task(gate.open()) for _ in range(3)]
    await settled()
    bridge.subscribed.set()
    async with asyncio.timeout(DEADLINE_S):
        await asyncio.gather(*openings)
        await gate.open()
    assert bridge.published == ["agent"]


async def test_who_gives_up_waiting_for_the_answer_does_not_take_it_back(
    gate: answering.AnswerGate, bridge: bridges.Bridge
) -> None:
    impatient = asyncio.create_task(gate.open())
    await settled()
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    bridge.subscribed.set()
    async with asyncio.timeout(DEADLINE_S):
        await gate.open()
    assert bridge.published == ["agent"]


async def test_a_track_that_cannot_be_published_is_told_to_everybody_who_waits(
    gate: answering.AnswerGate, bridge: bridges.Bridge
) -> None:
    bridge.failure = rtc.participant.PublishTrackError("engine is closed")
    for wait in (gate.open(), gate.capture_frame(frame(1)), gate.open()):
        with pytest.raises(rtc.participant.PublishTrackError):
            await wait


async def test_a_call_that_ends_while_it_rings_leaves_nothing_behind(bridge: bridges.Bridge) -> None:
    gate = answering.AnswerGate(bridge)  # type: ignore[arg-type]
    before = asyncio.all_tasks()
    speaking = asyncio.create_task(speak(gate, 3))
    await settled()
    async with asyncio.timeout(DEADLINE_S):
        await gate.aclose()
        await asyncio.gather(speaking, return_exceptions=True)
    assert asyncio.all_tasks() == before
    assert bridges.Source.made[0].is_closed


async def test_a_second_sentence_follows_the_first(gate: answering.AnswerGate, bridge: bridges.Bridge) -> None:
    bridge.subscribed.set()
    for _ in range(2):
        await speak(gate, 4)
        await played(gate)
    assert bridges.Source.made[0].heard == sound(4) * 2


async def test_what_the_caller_interrupts_is_over(gate: answering.AnswerGate, bridge: bridges.Bridge) -> None:
    bridge.subscribed.set()
    for number in range(1, 5):
        await gate.capture_frame(frame(number))
    gate.clear_buffer()
    gate.flush()
    async with asyncio.timeout(DEADLINE_S):
        ended = await gate.wait_for_playout()
    assert ended.interrupted

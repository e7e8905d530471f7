"""A conversation that begins before anybody is on the phone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.worker import bridges, reports, samples
from worker.jobs import conversation
from worker.jobs import endings as job_endings
from worker.providers import registry

pytestmark = pytest.mark.unit


def a_conversation(bridge: bridges.Bridge, greeting: str) -> conversation.Conversation:
    room: Any = bridge
    told: Any = reports.Reports()
    nothing: Any = None
    providers = registry.Providers(stt=nothing, llm=nothing, tts=nothing, vad=nothing, turn_detection="vad")
    plan = samples.agent().model_copy(update={"greeting": greeting})
    return conversation.Conversation(room, plan, providers, job_endings.Ending(), told)


async def test_nothing_is_heard_before_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    bridge = bridges.build(monkeypatch)
    bridge.subscribed.set()
    talk = a_conversation(bridge, greeting="")
    ears = talk._session.input
    talk.hold()
    before = ears.audio_enabled
    await talk.answer()
    assert (before, ears.audio_enabled) == (False, True)
    await talk.gate.aclose()


@pytest.mark.parametrize(("greeting", "has_sound"), [("", True), ("Hello.", False)], ids=["no greeting", "not there"])
async def test_who_has_nothing_to_say_need_not_wait_for_a_sound(
    monkeypatch: pytest.MonkeyPatch, greeting: str, has_sound: bool
) -> None:
    talk = a_conversation(bridges.build(monkeypatch), greeting)
    assert await talk.has_first_sound(0.01) is has_sound
    await talk.gate.aclose()

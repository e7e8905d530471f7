"""A conversation that begins before anybody is on the phone, and one that rests."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit.agents import APIConnectionError, llm, stt
from livekit.agents.voice import events as session_events

from sip_config.flows import flows
from tests.unit.worker import bridges, reports, samples, talking
from worker.jobs import conversation
from worker.jobs import endings as job_endings
from worker.providers import registry
from worker.providers.offline import flow

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


@contextlib.asynccontextmanager
async def begun(
    monkeypatch: pytest.MonkeyPatch, told: reports.Reports, ending: job_endings.Ending
) -> AsyncIterator[conversation.Conversation]:
    """In writing: nobody hears or speaks."""
    room: Any = bridges.build(monkeypatch)
    client: Any = told
    nothing: Any = None
    model = flow.FlowLLM(flows.Flow.parse(talking.SCRIPT, "script"))
    providers = registry.Providers(stt=nothing, llm=model, tts=nothing, vad=nothing, turn_detection="vad")
    talk = conversation.Conversation(room, samples.agent(), providers, ending, client)
    talk._session.output.audio = None
    await talk._session.start(talk._agent)
    talk._is_begun = True
    yield talk
    await talk._session.aclose()
    await talk.gate.aclose()


def a_failure(recoverable: bool = False) -> session_events.ErrorEvent:
    error = stt.STTError(timestamp=0.0, label="stt", error=APIConnectionError(), recoverable=recoverable)
    nothing: Any = None
    return session_events.ErrorEvent(error=error, source=nothing)


async def test_nothing_is_answered_while_the_conversation_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    told, ending = reports.Reports(), job_endings.Ending()
    async with begun(monkeypatch, told, ending) as talk:
        talk.pause()
        deaf = not talk._session.input.audio_enabled
        late = talk._session.generate_reply(user_input="your hours")
        await late
        assert late.interrupted
        await talk.say("One moment, please.")
        talk.resume("Sales is busy.")
        await talk._session.generate_reply(user_input="your hours")
        assert (deaf, talk._session.input.audio_enabled) == (True, True)
        agent_said = [text for role, text in talking.said(talk.history) if role == "assistant"]
    assert agent_said == ["One moment, please.", "Sales is busy.", "We open at nine."]
    assert [turn[1] for turn in told.turns if turn[0] == "agent"] == agent_said
    assert told.noted == []
    assert not ending.is_decided


async def test_the_history_is_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with begun(monkeypatch, reports.Reports(), job_endings.Ending()) as talk:
        talk.history.add_message(role="user", content="Never said.")
        assert not [item for item in talk.history.items if isinstance(item, llm.ChatMessage) and item.role == "user"]


async def test_ears_that_fail_at_rest_are_tried_again_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    told, ending = reports.Reports(), job_endings.Ending()
    async with begun(monkeypatch, told, ending) as talk:
        talk.pause()
        renewed: list[bool] = []
        monkeypatch.setattr(talk._session, "clear_user_turn", lambda: renewed.append(True))
        talk._session.emit("error", a_failure())
        ended = [ending.is_decided]
        talk.resume(None)
        assert renewed == [True]
        talk._session.emit("error", a_failure())
        assert [*ended, ending.is_decided] == [False, True]
    assert [name for name, _ in told.noted] == ["call.provider_failed"] * 2


async def test_a_conversation_that_broke_off_at_rest_ends_the_call_when_it_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ending = job_endings.Ending()
    async with begun(monkeypatch, reports.Reports(), ending) as talk:
        talk.pause()
        talk._session.emit("close", session_events.CloseEvent(reason=session_events.CloseReason.ERROR))
        ended = [ending.is_decided]
        await talk.say("One moment, please.")
        talk.resume("Sales is busy.")
        assert [*ended, ending.is_decided] == [False, True]

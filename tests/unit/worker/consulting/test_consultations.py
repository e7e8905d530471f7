"""A colleague is asked whether they take a call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livekit.agents import APIConnectionError, llm, stt, tts
from livekit.agents.voice import events

from callcore import contract, errors
from tests.unit.worker.consulting import colleagues
from worker.jobs.consulting import attention, briefings, consultations, interviews

pytestmark = pytest.mark.unit

Seen = contract.Seen


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> colleagues.Desk:
    """Nobody speaks first, unless the test says so."""
    monkeypatch.setattr(attention, "_FIRST_WORD_S", 0.01)
    return colleagues.Desk(monkeypatch)


async def talk(consultation: consultations.Consultation) -> asyncio.Task[contract.Seen]:
    """It has begun, and the colleague was asked."""
    leg: Any = colleagues.Leg()
    talking = asyncio.create_task(consultation.talk(leg))
    session: Any = consultation._opened and consultation._opened.interview._session
    async with asyncio.timeout(30):
        while session is not None and not any(done.startswith("reply") for done in session.done):
            await asyncio.sleep(0.005)
    return talking


async def test_it_is_ready_before_the_phone_is_answered(desk: colleagues.Desk) -> None:
    async with desk.consulting() as consultation:
        assert desk.room.published == ["consult"]
        assert not desk.session.input.audio_enabled
        options = desk.session.options
        assert options is not None
        assert options.participant_identity == colleagues.LEG
        assert (options.text_input, options.text_output, options.close_on_disconnect) == (False, False, False)
        assert consultation.answer is None
    assert desk.session.done[-1] == "close"
    assert desk.providers.is_closed
    assert desk.room.unpublished == [colleagues.SID]


async def test_who_says_nothing_is_briefed_and_may_answer_by_key(desk: colleagues.Desk) -> None:
    async with desk.consulting() as consultation, asyncio.timeout(30):
        talking = await talk(consultation)
        assert desk.session.heard == [colleagues.LEG]
        assert desk.session.input.audio_enabled
        desk.room.press("1", identity="caller")
        desk.room.press("5")
        await asyncio.sleep(0.01)
        assert not talking.done()
        desk.room.press("1")
        assert await talking is Seen.ACCEPTED
        assert not desk.session.output.audio_enabled
        assert not [done for done in desk.session.done if done.startswith("say")]


async def test_who_declines_is_told_goodbye(desk: colleagues.Desk) -> None:
    async with desk.consulting() as consultation, asyncio.timeout(30):
        talking = await talk(consultation)
        consultation._decide(Seen.DECLINED)
        assert await talking is consultation.answer is Seen.DECLINED
        assert f"say: {briefings.farewell('en')}" in desk.session.done


async def test_who_declines_by_key_has_heard_enough(desk: colleagues.Desk) -> None:
    async with desk.consulting() as consultation, asyncio.timeout(30):
        talking = await talk(consultation)
        desk.room.press("2")
        assert await talking is Seen.DECLINED
        assert not [done for done in desk.session.done if done.startswith("say")]


async def test_keys_count_only_where_they_may(desk: colleagues.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consultations, "_MUTE_S", 0.2)
    async with desk.consulting(keys=False) as consultation, asyncio.timeout(30):
        talking = await talk(consultation)
        desk.room.press("1")
        assert await talking is Seen.UNRESPONSIVE


async def test_the_briefing_waits_for_hello(desk: colleagues.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "_FIRST_WORD_S", 30.0)
    monkeypatch.setattr(attention, "_FIRST_SENTENCE_S", 30.0)
    async with desk.consulting() as consultation, asyncio.timeout(30):
        leg: Any = colleagues.Leg()
        talking = asyncio.create_task(consultation.talk(leg))
        await asyncio.sleep(0.02)
        desk.session.speaks(begins=True)
        desk.session.says("Sales this", is_final=False)
        await asyncio.sleep(0.02)
        assert "clear" not in desk.session.done
        desk.session.says("Sales, this is Sam.")
        desk.session.speaks(begins=False)
        while not any(done.startswith("reply") for done in desk.session.done):
            await asyncio.sleep(0.005)
        assert desk.session.done[-2:] == ["clear", f"reply: {briefings.heard('Sales, this is Sam.')}"]
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        assert not desk.session.input.audio_enabled


@pytest.mark.parametrize("is_final", [True, False])
async def test_a_machine_is_known_by_its_words(desk: colleagues.Desk, is_final: bool) -> None:
    async with desk.consulting() as consultation, asyncio.timeout(30):
        talking = await talk(consultation)
        desk.session.says("You have reached Sam.", is_final=True)
        desk.session.says("Please leave a message", is_final=is_final)
        assert await talking is Seen.VOICEMAIL


@pytest.mark.parametrize("watched", [colleagues.detection(enabled=False), colleagues.detection(seconds=0.001)])
async def test_a_machine_is_looked_for_only_as_wished(desk: colleagues.Desk, watched: Any) -> None:
    async with desk.consulting(voicemail_detection=watched) as consultation, asyncio.timeout(30):
        talking = await talk(consultation)
        desk.session.says("Please leave a message")
        desk.room.press("1")
        assert await talking is Seen.ACCEPTED


async def test_who_never_says_a_word_is_waited_for_less_long(
    desk: colleagues.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consultations, "_MUTE_S", 0.1)
    async with desk.consulting() as consultation, asyncio.timeout(30):
        assert await (await talk(consultation)) is Seen.UNRESPONSIVE


async def test_who_speaks_is_waited_for_longer(desk: colleagues.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consultations, "_MUTE_S", 0.01)
    async with desk.consulting() as consultation, asyncio.timeout(30):
        for begins in (True, False):
            desk.session.speaks(begins=begins)
        talking = await talk(consultation)
        await asyncio.sleep(0.1)
        assert not talking.done()
        desk.room.press("1")
        assert await talking is Seen.ACCEPTED


async def test_nobody_is_waited_for_for_ever(desk: colleagues.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consultations, "_MUTE_S", 0.01)
    monkeypatch.setattr(consultations, "_LONGEST_S", 0.1)
    async with desk.consulting() as consultation, asyncio.timeout(30):
        for begins in (True, False):
            desk.session.speaks(begins=begins)
        leg: Any = colleagues.Leg()
        assert await consultation.talk(leg) is Seen.UNRESPONSIVE


async def test_after_a_long_silence_they_are_asked_once_more(
    desk: colleagues.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interviews, "_SILENCE_S", 0.05)
    async with desk.consulting() as consultation, asyncio.timeout(30):
        talking = await talk(consultation)
        while f"reply: {briefings.ASK_AGAIN}" not in desk.session.done:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.15)
        assert desk.session.done.count(f"reply: {briefings.ASK_AGAIN}") == 1
        desk.room.press("1")
        assert await talking is Seen.ACCEPTED


async def test_a_model_that_does_not_begin_is_replaced_by_the_fixed_briefing(
    desk: colleagues.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interviews, "_BEGIN_S", 0.05)
    desk.session.mute = True
    async with desk.consulting() as consultation, asyncio.timeout(30):
        talking = await talk(consultation)
        while not (fixed := [done for done in desk.session.done if done.startswith("say")]):
            await asyncio.sleep(0.005)
        assert "I need a price." in fixed[0]
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)


@pytest.mark.parametrize("kind", [stt.STTError, tts.TTSError])
async def test_who_cannot_hear_or_speak_does_not_ask(desk: colleagues.Desk, kind: Any) -> None:
    nothing: Any = None
    async with desk.consulting() as consultation, asyncio.timeout(30):
        talking = await talk(consultation)
        for recoverable in (True, False):
            assert not talking.done()
            error = kind(timestamp=0.0, label="x", error=APIConnectionError(), recoverable=recoverable)
            desk.session.emit("error", events.ErrorEvent(error=error, source=nothing))
            await asyncio.sleep(0)
        assert await talking is Seen.UNRESPONSIVE
    (note,) = desk.told.noted
    assert note[0] == "call.provider_failed"


async def test_a_model_that_fails_ends_nothing(desk: colleagues.Desk) -> None:
    nothing: Any = None
    async with desk.consulting() as consultation, asyncio.timeout(30):
        talking = await talk(consultation)
        error = llm.LLMError(timestamp=0.0, label="x", error=APIConnectionError(), recoverable=False)
        desk.session.emit("error", events.ErrorEvent(error=error, source=nothing))
        desk.room.press("1")
        assert await talking is Seen.ACCEPTED


async def test_a_session_that_breaks_off_asks_nothing(desk: colleagues.Desk) -> None:
    async with desk.consulting() as consultation, asyncio.timeout(30):
        talking = await talk(consultation)
        desk.session.emit("close", events.CloseEvent(reason=events.CloseReason.ERROR))
        assert await talking is Seen.UNRESPONSIVE


async def test_without_providers_there_is_a_track_and_nobody_is_asked(desk: colleagues.Desk) -> None:
    desk.failure = errors.ProviderUnavailable("a key is missing")
    async with desk.consulting() as consultation, asyncio.timeout(30):
        leg: Any = colleagues.Leg()
        assert await consultation.talk(leg) is Seen.UNRESPONSIVE

"""Offline recognition of a synthetic caller on a telephone line."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents import stt

from sip_config.flows import flows
from tests.unit.providers import hearing, plans, telephone
from worker.providers.offline import corpus, grammar, recognisers, sphinx

pytestmark = pytest.mark.integration

DEADLINE_S = 20.0


@pytest.fixture(scope="module")
def flow() -> flows.Flow:
    return flows.Flow.parse(plans.FLOW, "front-desk.flow.yaml")


@pytest.fixture(scope="module")
def pool(flow: flows.Flow) -> recognisers.RecogniserPool:
    pool = recognisers.RecogniserPool(grammar.Grammar(flow.phrases()), narrowband=True)
    pool.prewarm()
    return pool


async def test_names_are_written_with_capitals(pool: recognisers.RecogniserPool) -> None:
    assert await hearing.heard(sphinx.SphinxSTT(pool), "My name is Anna Miller") == ["my name is Anna Miller"]


async def test_an_utterance_is_told_from_its_start_to_its_end(pool: recognisers.RecogniserPool) -> None:
    found = await hearing.events(sphinx.SphinxSTT(pool), "What are your opening hours?")
    kinds = [event.type for event in found]
    kind = stt.SpeechEventType
    assert kinds[0] is kind.START_OF_SPEECH
    assert kinds.count(kind.INTERIM_TRANSCRIPT) > 2, "the words are told as they come"
    assert kinds[-3:] == [kind.FINAL_TRANSCRIPT, kind.RECOGNITION_USAGE, kind.END_OF_SPEECH]
    usage = found[-2].recognition_usage
    assert usage is not None
    assert 1.0 < usage.audio_duration < 4.0


async def test_something_unexpected_is_not_taken_for_something_expected(
    pool: recognisers.RecogniserPool, flow: flows.Flow
) -> None:
    [heard] = await hearing.heard(sphinx.SphinxSTT(pool), "my dog ate three pounds of cheese")
    assert "did not understand" in flow.reply([flows.FlowMessage(role=flows.Role.USER, text=heard)]).text


async def test_a_result_below_the_wanted_confidence_counts_as_nothing(pool: recognisers.RecogniserPool) -> None:
    strict = sphinx.SphinxSTT(pool, min_confidence=0.0003)
    assert await hearing.heard(strict, "seven elephants danced across the bridge") == []
    assert await hearing.heard(strict, "What are your opening hours?") == ["what are your opening hours"]


async def test_silence_is_nothing(pool: recognisers.RecogniserPool) -> None:
    stream = sphinx.SphinxSTT(pool).stream()
    for frame in telephone.frames(telephone.silence(2.0)):
        stream.push_frame(frame)
    stream.end_input()
    assert [event async for event in stream] == []
    await stream.aclose()


async def test_a_call_that_ends_in_the_middle_of_a_word_frees_its_recogniser(pool: recognisers.RecogniserPool) -> None:
    recognition = sphinx.SphinxSTT(pool)
    stream = recognition.stream()
    for frame in telephone.frames(telephone.speech("What are your opening hours?")[:16_000]):
        stream.push_frame(frame)
    async with asyncio.timeout(DEADLINE_S):
        async for event in stream:
            if event.type is stt.SpeechEventType.START_OF_SPEECH:
                break
    await stream.aclose()
    assert await hearing.heard(recognition, "yes please") == ["yes please"]


async def test_a_whole_recording_can_be_recognised_at_once(pool: recognisers.RecogniserPool) -> None:
    frames = telephone.frames(
        telephone.speech("What are your opening hours?", rate=hearing.ROOM_RATE), hearing.ROOM_RATE
    )
    event = await sphinx.SphinxSTT(pool).recognize(frames)
    assert event.alternatives[0].text == "what are your opening hours"


async def test_an_endless_sound_is_cut(pool: recognisers.RecogniserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sphinx, "MAX_UTTERANCE_S", 2.0)
    said = "I would like to book an appointment for Tuesday at ten"
    found = await hearing.events(sphinx.SphinxSTT(pool), said)
    assert len(hearing.transcripts(found)) == 2
    assert [event.type for event in found].count(stt.SpeechEventType.START_OF_SPEECH) == 1


def test_words_without_a_pronunciation_are_known_and_the_others_still_heard() -> None:
    rules = grammar.Grammar(["do you repair zorblaxes", "hello"])
    assert rules.unknown == ("zorblaxes",)
    assert rules.decoder().lookup_word("repair")


def test_every_common_word_and_base_phrase_can_be_pronounced() -> None:
    assert len(corpus.common_words()) == 4000
    assert corpus.common_words() <= grammar.pronunciations().keys()
    assert grammar.Grammar([]).unknown == ()

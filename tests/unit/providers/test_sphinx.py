"""Offline recognition of a synthetic caller on a telephone line."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from livekit.agents import stt

from sip_config import flows
from tests.unit.providers import plans, telephone
from worker.providers.offline import corpus, grammar, recognisers, sphinx

pytestmark = pytest.mark.unit

ROOM_RATE = 24_000  # Hz; what a session hands to recognition
DEADLINE_S = 20.0


@pytest.fixture(scope="module")
def flow() -> flows.Flow:
    return flows.Flow.parse(plans.FLOW, "front-desk.flow.yaml")


@pytest.fixture(scope="module")
def pool(flow: flows.Flow) -> recognisers.RecogniserPool:
    pool = recognisers.RecogniserPool(grammar.Grammar(flow.phrases()), narrowband=True)
    pool.prewarm()
    return pool


async def events(recognition: sphinx.SphinxSTT, *said: str, voice: str = "rms") -> list[stt.SpeechEvent]:
    """Everything that is told of these utterances in one call, with a second of silence after each."""
    stream = recognition.stream()
    for text in said:
        sound = [telephone.speech(text, voice, ROOM_RATE), telephone.silence(1.0, ROOM_RATE)]
        for frame in telephone.frames(np.concatenate(sound), ROOM_RATE):
            stream.push_frame(frame)
    stream.end_input()
    async with asyncio.timeout(DEADLINE_S):
        found = [event async for event in stream]
    await stream.aclose()
    return found


def transcripts(found: list[stt.SpeechEvent]) -> list[str]:
    finals = [event for event in found if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT]
    return [event.alternatives[0].text for event in finals]


def wrong_words(heard: str, said: str) -> int:
    """The edit distance in words."""
    left, right = corpus.split(heard), corpus.split(said)
    costs = list(range(len(right) + 1))
    for i, word in enumerate(left, 1):
        before, costs[0] = costs[0], i
        for j, other in enumerate(right, 1):
            before, costs[j] = costs[j], min(costs[j] + 1, costs[j - 1] + 1, before + (word != other))
    return costs[-1]


DEMO = (
    "What are your opening hours?",
    "What services do you offer?",
    "I would like to book an appointment for Tuesday at ten",
    "My name is Anna Miller",
    "No thank you, goodbye",
)


@pytest.mark.parametrize("voice", ["rms", "kal16"])
async def test_the_demo_callers_words_lead_where_they_should(
    pool: recognisers.RecogniserPool, flow: flows.Flow, voice: str
) -> None:
    heard = transcripts(await events(sphinx.SphinxSTT(pool), *DEMO, voice=voice))
    assert len(heard) == len(DEMO)
    replies = [
        flow.reply([flows.FlowMessage(role=flows.Role.USER, text=text) for text in said[: n + 1]], ("end_call",))
        for said in (heard, DEMO)
        for n in range(len(DEMO))
    ]
    assert replies[: len(DEMO)] == replies[len(DEMO) :]
    said_words = sum(len(corpus.split(text)) for text in DEMO)
    assert sum(map(wrong_words, heard, DEMO)) <= 0.1 * said_words


async def test_names_are_written_with_capitals(pool: recognisers.RecogniserPool) -> None:
    assert transcripts(await events(sphinx.SphinxSTT(pool), "My name is Anna Miller")) == ["my name is Anna Miller"]


async def test_an_utterance_is_told_from_its_start_to_its_end(pool: recognisers.RecogniserPool) -> None:
    found = await events(sphinx.SphinxSTT(pool), "What are your opening hours?")
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
    [heard] = transcripts(await events(sphinx.SphinxSTT(pool), "my dog ate three pounds of cheese"))
    assert "did not understand" in flow.reply([flows.FlowMessage(role=flows.Role.USER, text=heard)]).text


async def test_a_result_below_the_wanted_confidence_counts_as_nothing(pool: recognisers.RecogniserPool) -> None:
    strict = sphinx.SphinxSTT(pool, min_confidence=0.0003)
    assert transcripts(await events(strict, "seven elephants danced across the bridge")) == []
    assert transcripts(await events(strict, "What are your opening hours?")) == ["what are your opening hours"]


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
    assert transcripts(await events(recognition, "yes please")) == ["yes please"]


async def test_two_calls_at_once_do_not_mix(pool: recognisers.RecogniserPool) -> None:
    recognition = sphinx.SphinxSTT(pool)
    both = await asyncio.gather(
        events(recognition, "What are your opening hours?"), events(recognition, "My name is Anna Miller")
    )
    assert [transcripts(found) for found in both] == [["what are your opening hours"], ["my name is Anna Miller"]]


async def test_a_whole_recording_can_be_recognised_at_once(pool: recognisers.RecogniserPool) -> None:
    frames = telephone.frames(telephone.speech("What are your opening hours?", rate=ROOM_RATE), ROOM_RATE)
    event = await sphinx.SphinxSTT(pool).recognize(frames)
    assert event.alternatives[0].text == "what are your opening hours"


async def test_an_endless_sound_is_cut(pool: recognisers.RecogniserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sphinx, "MAX_UTTERANCE_S", 2.0)
    said = "I would like to book an appointment for Tuesday at ten"
    found = await events(sphinx.SphinxSTT(pool), said)
    assert len(transcripts(found)) == 2
    assert [event.type for event in found].count(stt.SpeechEventType.START_OF_SPEECH) == 1


def test_words_without_a_pronunciation_are_known_and_the_others_still_heard() -> None:
    rules = grammar.Grammar(["do you repair zorblaxes", "hello"])
    assert rules.unknown == ("zorblaxes",)
    assert rules.decoder().lookup_word("repair")


def test_every_common_word_and_base_phrase_can_be_pronounced() -> None:
    assert len(corpus.common_words()) == 4000
    assert corpus.common_words() <= grammar.pronunciations().keys()
    assert grammar.Grammar([]).unknown == ()

from __future__ import annotations

import numpy as np
import pytest

from lab.providers import listening, pcm, utterances
from tests.integration.providers_sim import telephone

pytestmark = pytest.mark.integration

BOOK_TWO = "Hello, I would like to book a table for two."
BOOK_THREE = "Hello, I would like to book a table for three."
HUMAN = "Can I speak to a human, please?"
KNOWN = (BOOK_TWO, BOOK_THREE, HUMAN, "Yes.", "No.", "Goodbye.", "Tuesday at two fifteen.", "Tuesday at two fifty.")
UNKNOWN = (
    "The weather in the mountains was terrible last weekend.",
    "My dog chased the neighbour's cat across the garden.",
    "Purple elephants dance slowly.",
)


@pytest.fixture(scope="module")
def corpus() -> utterances.Corpus:
    corpus = utterances.Corpus()
    corpus.register((text, telephone.spoken(text)) for text in KNOWN)
    return corpus


def listen(corpus: utterances.Corpus, sound: pcm.Sound, *, pause_ms: int = 25) -> list[listening.Event]:
    habits = listening.Habits(rate=sound.rate, pause_ms=pause_ms, utterance_end_ms=1000, interim_ms=200)
    listener = listening.Listener(corpus, habits)
    step = sound.rate // 20
    return [
        event
        for begin in range(0, len(sound.samples), step)
        for event in listener.feed(sound.samples[begin : begin + step])
    ]


def text(events: list[listening.Event]) -> str:
    finals = [event for event in events if isinstance(event, listening.Result) and event.is_final]
    return " ".join(word.written for final in finals for word in final.words)


def interims(events: list[listening.Event]) -> list[str]:
    results = [event for event in events if isinstance(event, listening.Result) and not event.is_final]
    return [" ".join(word.written for word in result.words) for result in results]


@pytest.mark.parametrize("said", KNOWN)
def test_a_registered_utterance_is_recognised_over_the_telephone(corpus: utterances.Corpus, said: str) -> None:
    assert text(listen(corpus, telephone.called(telephone.spoken(said)))) == said


@pytest.mark.parametrize("said", [BOOK_THREE, "Yes.", "Tuesday at two fifty."])
def test_a_faint_caller_on_a_noisy_line_is_recognised(corpus: utterances.Corpus, said: str) -> None:
    sound = telephone.called(telephone.spoken(said), gain=0.3, noise_db=-20)
    assert text(listen(corpus, sound)) == said


def test_the_telephone_and_then_opus_leave_it_recognisable(corpus: utterances.Corpus) -> None:
    assert text(listen(corpus, telephone.through_opus(telephone.called(telephone.spoken(BOOK_THREE))))) == BOOK_THREE


@pytest.mark.parametrize("offset_ms", [1, 7, 13])
def test_recognition_does_not_depend_on_where_frames_fall(corpus: utterances.Corpus, offset_ms: int) -> None:
    sound = telephone.called(telephone.spoken(HUMAN))
    shifted = pcm.Sound(samples=sound.samples[16 * offset_ms :], rate=sound.rate)
    assert text(listen(corpus, shifted)) == HUMAN


def test_what_a_jitter_buffer_drops_and_repeats_does_no_harm(corpus: utterances.Corpus) -> None:
    samples = telephone.called(telephone.spoken(HUMAN)).samples
    pieces = [samples[:12000], samples[12240:22000], samples[21680:30000], samples[30320:]]
    assert text(listen(corpus, pcm.Sound(samples=np.concatenate(pieces), rate=16000))) == HUMAN


def test_sound_at_8_khz_is_recognised_by_references_at_16_khz(corpus: utterances.Corpus) -> None:
    assert text(listen(corpus, telephone.called(telephone.spoken(HUMAN)).at_rate(8000))) == HUMAN


@pytest.mark.parametrize("said", UNKNOWN)
def test_unregistered_speech_gives_an_empty_result(corpus: utterances.Corpus, said: str) -> None:
    events = listen(corpus, telephone.called(telephone.spoken(said)))
    finals = [event for event in events if isinstance(event, listening.Result) and event.is_final]
    assert finals
    assert text(events) == ""


def test_noise_and_tones_give_no_words(corpus: utterances.Corpus) -> None:
    noise = np.random.default_rng(2).normal(0, 0.05, 32000).astype(np.float32)
    tone = np.sin(2 * np.pi * 440 * np.arange(32000) / 16000).astype(np.float32)
    for samples in (noise, tone):
        assert text(listen(corpus, telephone.called(pcm.Sound(samples=samples, rate=16000)))) == ""


def test_silence_is_not_even_speech(corpus: utterances.Corpus) -> None:
    assert listen(corpus, pcm.Sound(samples=np.zeros(32000, dtype=np.float32), rate=16000)) == []


def test_an_utterance_that_is_broken_off_gives_the_words_that_were_said(corpus: utterances.Corpus) -> None:
    half = telephone.part(telephone.spoken(BOOK_TWO), 0, 0.55)
    heard = text(listen(corpus, telephone.called(half)))
    assert heard in {"Hello, I would like to", "Hello, I would like to book"}


def test_an_utterance_heard_from_its_middle_gives_the_rest(corpus: utterances.Corpus) -> None:
    rest = telephone.part(telephone.spoken(BOOK_THREE), 0.5, 1)
    assert text(listen(corpus, telephone.called(rest))) in {"book a table for three.", "a table for three."}


def test_two_utterances_without_a_pause_between_give_both(corpus: utterances.Corpus) -> None:
    both = np.concatenate([telephone.spoken("No.").samples, telephone.spoken("Goodbye.").samples])
    assert text(listen(corpus, telephone.called(pcm.Sound(samples=both, rate=16000)))) == "No. Goodbye."


def test_interims_grow_word_by_word_to_the_final_text(corpus: utterances.Corpus) -> None:
    grown = interims(listen(corpus, telephone.called(telephone.spoken(HUMAN))))
    assert len(grown) >= 3
    assert all(later.startswith(earlier) for earlier, later in zip(grown, [*grown[1:], HUMAN], strict=True))


def test_times_of_words_follow_the_sound(corpus: utterances.Corpus) -> None:
    spoken = telephone.spoken(HUMAN)
    events = listen(corpus, telephone.called(spoken))
    result = next(event for event in events if isinstance(event, listening.Result) and event.is_final)
    starts = [word.start_s for word in result.words]
    assert starts == sorted(starts)
    assert 0.5 < starts[0] < 0.9
    assert result.words[-1].end_s == pytest.approx(0.5 + spoken.duration_s, abs=0.4)


def test_the_end_of_the_utterance_is_reported_once_when_silence_has_lasted(corpus: utterances.Corpus) -> None:
    events = listen(corpus, telephone.called(telephone.spoken("Goodbye.")))
    started, ended = (event for event in events if not isinstance(event, listening.Result))
    assert isinstance(started, listening.Started)
    assert isinstance(ended, listening.Ended)
    assert started.at_s < ended.last_word_end_s


def test_a_longer_pause_is_waited_for_when_asked(corpus: utterances.Corpus) -> None:
    gap = np.zeros(3200, dtype=np.float32)
    two = np.concatenate([telephone.spoken("No.").samples, gap, telephone.spoken("Goodbye.").samples])
    sound = telephone.called(pcm.Sound(samples=two, rate=16000))
    endpoints = {
        pause_ms: sum(
            isinstance(e, listening.Result) and e.is_endpoint for e in listen(corpus, sound, pause_ms=pause_ms)
        )
        for pause_ms in (25, 800)
    }
    assert endpoints == {25: 2, 800: 1}


def test_finalize_gives_what_was_said_up_to_now(corpus: utterances.Corpus) -> None:
    habits = listening.Habits(rate=16000, pause_ms=25, utterance_end_ms=None, interim_ms=200)
    listener = listening.Listener(corpus, habits)
    sound = telephone.called(telephone.spoken(HUMAN))
    list(listener.feed(sound.samples[: 16000 * 3 // 2]))
    result = listener.finalize()
    assert result is not None
    assert [word.written for word in result.words][:3] == ["Can", "I", "speak"]
    assert len(result.words) < len(HUMAN.split())
    assert not result.is_endpoint


def test_a_text_registered_again_takes_the_new_sound() -> None:
    corpus = utterances.Corpus()
    corpus.register([("Hello.", telephone.spoken(HUMAN))])
    corpus.register([("Hello.", telephone.spoken("Goodbye."))])
    assert text(listen(corpus, telephone.called(telephone.spoken(HUMAN)))) == ""
    assert text(listen(corpus, telephone.called(telephone.spoken("Goodbye.")))) == "Hello."


@pytest.mark.parametrize(
    ("said", "samples"),
    [
        ("...", np.ones(16000)),
        ("Silence.", np.zeros(16000)),
        ("Too long.", np.zeros(16000 * 31)),
    ],
)
def test_what_cannot_be_recognised_is_refused_at_registration(said: str, samples: pcm.Samples) -> None:
    corpus = utterances.Corpus()
    with pytest.raises(utterances.UtteranceRefused):
        corpus.register([(said, pcm.Sound(samples=samples.astype(np.float32), rate=16000))])
    assert len(corpus) == 0

"""Levels, tones and speech, on sounds made here."""

import numpy as np
import pytest

from lab import softphone
from lab.softphone import ears, levels, sounds, speech_detection

pytestmark = pytest.mark.unit

SILENCE = np.zeros(8000, np.int16)


def line(*parts: softphone.Samples) -> softphone.Samples:
    return np.concatenate(parts)


def test_a_sine_is_3_db_below_its_peak() -> None:
    assert levels.dbfs(softphone.tone(440, 1.0, dbfs=-10)) == pytest.approx(-13.0, abs=0.1)


def test_nothing_has_the_level_of_silence() -> None:
    assert levels.dbfs(SILENCE) == levels.dbfs(SILENCE[:0]) == levels.SILENCE_DBFS
    assert levels.tone_dbfs(SILENCE, 440) == levels.tone_dbfs(SILENCE[:0], 440) == levels.SILENCE_DBFS


@pytest.mark.parametrize("hz", [300, 425, 697.3, 3000])
def test_a_tone_is_measured_at_its_own_frequency_only(hz: float) -> None:
    tone = softphone.tone(hz, 0.73, dbfs=-10)
    assert levels.tone_dbfs(tone, hz) == pytest.approx(-13.0, abs=0.5)
    assert levels.tone_dbfs(tone, hz + 60) < -60
    assert levels.tone_dbfs(tone, hz - 60) < -60


def test_a_tone_is_measured_among_others_and_across_a_phase_jump() -> None:
    jumped = line(softphone.tone(500, 0.333, dbfs=-20), softphone.tone(500, 0.667, dbfs=-20))
    both = jumped + softphone.tone(900, 1.0, dbfs=-10)
    assert levels.tone_dbfs(both, 500) == pytest.approx(-23.0, abs=1.5)


def test_speech_is_found_to_the_frame_with_short_gaps_bridged() -> None:
    word = softphone.noise(0.3, dbfs=-25)
    sound = line(SILENCE, word, SILENCE[:1600], word, SILENCE, word, SILENCE)
    spans = speech_detection.speech(sound)
    assert [(round(span.start_s, 2), round(span.end_s, 2)) for span in spans] == [(1.0, 1.8), (2.8, 3.1)]


def test_a_click_is_no_speech() -> None:
    click = softphone.noise(0.04, dbfs=-10)
    assert speech_detection.speech(line(SILENCE, click, SILENCE)) == []


def test_comfort_noise_is_no_speech() -> None:
    assert speech_detection.speech(softphone.noise(2.0, dbfs=-55)) == []


def test_a_lower_threshold_hears_more() -> None:
    sensitivity = softphone.Sensitivity(loud_dbfs=-60)
    assert len(speech_detection.speech(softphone.noise(2.0, dbfs=-55), sensitivity=sensitivity)) == 1


def feed(listener: ears.Ears, sound: softphone.Samples) -> None:
    for start in range(0, len(sound), sounds.FRAME):
        listener.hear(sound[start : start + sounds.FRAME], start / sounds.RATE)


def test_live_ears_know_since_when_somebody_speaks() -> None:
    listener = ears.Ears()
    feed(listener, line(SILENCE, softphone.noise(0.5, dbfs=-25)))
    assert listener.speech_since(0.5) == pytest.approx(1.0)
    assert listener.speech_since(1.6) is None
    assert listener.last_speech_end_s() == pytest.approx(1.5)


def test_a_tone_counts_only_if_it_is_what_is_heard() -> None:
    listener = ears.Ears()
    feed(listener, line(SILENCE, softphone.tone(440, 0.2)))
    assert listener.tone_now(440, at_least_dbfs=-40, since_s=0.0) == pytest.approx(1.1)
    assert listener.tone_now(500, at_least_dbfs=-40, since_s=0.0) is None
    assert listener.tone_now(440, at_least_dbfs=-40, since_s=1.15) is None
    feed(listener, softphone.noise(0.2, dbfs=-10))
    assert listener.tone_now(440, at_least_dbfs=-40, since_s=0.0) is None

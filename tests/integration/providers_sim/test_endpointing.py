from __future__ import annotations

import pytest

from lab.providers import endpointing

pytestmark = pytest.mark.integration

SILENCE_DB, SPEECH_DB, NOISE_DB = -65.0, -25.0, -48.0


def edges(*levels: float, pause_frames: int = 5) -> list[tuple[int, endpointing.Edge]]:
    endpointer = endpointing.Endpointer(pause_frames)
    found = [(frame, endpointer.feed(level)) for frame, level in enumerate(levels)]
    return [(frame, edge) for frame, edge in found if edge is not None]


def test_speech_begins_with_its_third_loud_frame_and_ends_with_the_pause() -> None:
    found = edges(*[SILENCE_DB] * 10, *[SPEECH_DB] * 10, *[SILENCE_DB] * 10)
    assert found == [(12, endpointing.Edge.ONSET), (24, endpointing.Edge.ENDPOINT)]


def test_a_click_is_no_speech() -> None:
    assert edges(*[SILENCE_DB] * 10, SPEECH_DB, SPEECH_DB, *[SILENCE_DB] * 10) == []


def test_a_short_gap_ends_nothing() -> None:
    found = edges(*[SILENCE_DB] * 10, *[SPEECH_DB] * 10, *[SILENCE_DB] * 4, *[SPEECH_DB] * 10)
    assert [edge for _, edge in found] == [endpointing.Edge.ONSET]


def test_steady_noise_is_the_background_and_speech_stands_out_of_it() -> None:
    found = edges(*[NOISE_DB] * 20, *[SPEECH_DB] * 10, *[NOISE_DB] * 10)
    assert [edge for _, edge in found] == [endpointing.Edge.ONSET, endpointing.Edge.ENDPOINT]


def test_a_stream_that_begins_in_mid_word_is_speech() -> None:
    assert edges(*[SPEECH_DB] * 5) == [(2, endpointing.Edge.ONSET)]


def test_noise_that_sets_in_later_becomes_the_background() -> None:
    found = edges(*[SILENCE_DB] * 10, *[NOISE_DB] * 1000)
    assert [edge for _, edge in found] == [endpointing.Edge.ONSET, endpointing.Edge.ENDPOINT]

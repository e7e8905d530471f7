"""When a message is over, told by its sound alone."""

from __future__ import annotations

import pytest

from worker.jobs.voicemail import patience

pytestmark = pytest.mark.unit

STEP_S = 0.125  # exact in binary


def hear(listener: patience.Patience, *parts: tuple[float, bool]) -> tuple[patience.Over | None, float]:
    """Why and when it is over, after these seconds of speech and silence."""
    for seconds, is_speech in parts:
        for _ in range(round(seconds / STEP_S)):
            if over := listener.hear(STEP_S, is_speech=is_speech):
                return over, listener.heard_s
    return None, listener.heard_s


def test_somebody_who_says_nothing_gets_ten_seconds() -> None:
    listener = patience.Patience(longest_s=60)
    assert hear(listener, (20, False)) == (patience.Over.SILENCE, 10.0)
    assert not listener.is_message


def test_after_speech_six_seconds_of_silence_are_the_end() -> None:
    listener = patience.Patience(longest_s=60)
    assert hear(listener, (3, True), (20, False)) == (patience.Over.SILENCE, 9.0)
    assert listener.is_message
    assert listener.last_speech_s == pytest.approx(3.0)


def test_pauses_within_a_message_are_not_its_end() -> None:
    assert hear(patience.Patience(longest_s=60), (2, True), (5, False), (2, True), (5, False)) == (None, 14.0)


def test_a_message_may_be_no_longer_than_allowed() -> None:
    assert hear(patience.Patience(longest_s=4), (20, True)) == (patience.Over.FULL, 4.0)


@pytest.mark.parametrize(("seconds", "is_message"), [(0.75, False), (1.25, True)])
def test_less_than_a_second_of_speech_is_no_message(seconds: float, is_message: bool) -> None:
    listener = patience.Patience(longest_s=60)
    hear(listener, (seconds, True))
    assert listener.is_message is is_message

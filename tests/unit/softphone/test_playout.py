import pathlib

import numpy as np
import pytest
import soundfile

from lab import softphone
from lab.softphone import levels, playout, sounds

pytestmark = pytest.mark.unit


class Clock:
    now_s = 0.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> playout.Playout:
    return playout.Playout(lambda: clock.now_s)


def whole(samples: softphone.Samples, rate: int = 8000) -> softphone.Utterance:
    utterance = softphone.Utterance(rate)
    utterance.push(samples)
    utterance.end()
    return utterance


def play_out(queue: playout.Playout, clock: Clock, steps: int) -> softphone.Samples:
    frames = []
    for _ in range(steps):
        frame = queue.take()
        frames.append(np.zeros(sounds.FRAME, np.int16) if frame is None else frame)
        clock.now_s += sounds.FRAME_S
    return np.concatenate(frames)


async def test_utterances_follow_each_other_and_tell_when_they_were_said(queue: playout.Playout, clock: Clock) -> None:
    first, second = whole(np.full(320, 1, np.int16)), whole(np.full(200, 2, np.int16))
    queue.add(first)
    queue.add(second)
    said = play_out(queue, clock, 5)
    assert said.tolist() == [1] * 320 + [2] * 200 + [0] * 280
    spans = [await first.played(timeout=10), await second.played(timeout=10)]
    assert [(round(span.start_s, 3), round(span.end_s, 3)) for span in spans] == [(0.0, 0.04), (0.04, 0.08)]


async def test_an_utterance_still_being_made_is_silent_while_it_runs_dry(queue: playout.Playout, clock: Clock) -> None:
    live = softphone.Utterance(8000)
    queue.add(live)
    live.push(np.full(200, 1, np.int16))
    assert play_out(queue, clock, 2).tolist() == [1] * 160 + [0] * 160
    live.push(np.full(120, 1, np.int16))
    live.end()
    assert play_out(queue, clock, 2).tolist() == [1] * 160 + [0] * 160
    assert (await live.played(timeout=10)).start_s == 0.0


async def test_sound_at_another_rate_is_resampled_in_pieces_without_a_seam(
    queue: playout.Playout, clock: Clock
) -> None:
    tone = softphone.tone(1000, 1.0, rate=24_000)
    live = softphone.Utterance(24_000)
    queue.add(live)
    for start in range(0, len(tone), 480):
        live.push(tone[start : start + 480])
    live.end()
    said = play_out(queue, clock, 50)
    rest = said - np.roll(said, 8)  # a tone of 1000 Hz repeats after 8 samples
    assert levels.tone_dbfs(said, 1000) == pytest.approx(-15.0, abs=0.2)
    assert levels.dbfs(rest[800:-800]) < -60


async def test_stopping_ends_all_that_is_queued(queue: playout.Playout, clock: Clock) -> None:
    first, second = whole(np.ones(8000, np.int16)), whole(np.ones(8000, np.int16))
    queue.add(first)
    queue.add(second)
    play_out(queue, clock, 5)
    queue.stop()
    assert (await first.played(timeout=10)).length_s == pytest.approx(0.1)
    assert (await second.played(timeout=10)).length_s == 0.0
    assert queue.take() is None


async def test_what_the_end_of_the_call_cuts_off_is_reported(queue: playout.Playout) -> None:
    before, after = whole(np.ones(8000, np.int16)), whole(np.ones(8000, np.int16))
    queue.add(before)
    queue.close()
    queue.add(after)
    for utterance in (before, after):
        with pytest.raises(softphone.CallOver):
            await utterance.played(timeout=10)


async def test_waiting_for_an_utterance_has_a_deadline(queue: playout.Playout) -> None:
    utterance = whole(np.ones(8000, np.int16))
    queue.add(utterance)
    with pytest.raises(softphone.Deadline):
        await utterance.played(timeout=0.01)


async def test_an_ended_utterance_takes_no_more() -> None:
    with pytest.raises(softphone.PhoneError):
        whole(np.ones(10, np.int16)).push(np.ones(10, np.int16))


async def test_more_than_ten_minutes_of_sound_are_refused() -> None:
    with pytest.raises(softphone.PhoneError):
        whole(np.ones(round(playout.MOST_QUEUED_S * 8000) + 1, np.int16))


def test_a_file_is_mixed_to_one_channel_at_the_telephone_s_rate(tmp_path: pathlib.Path) -> None:
    tone = softphone.tone(500, 0.5, rate=44_100)
    soundfile.write(tmp_path / "tone.wav", np.column_stack([tone, tone]), 44_100)
    heard = softphone.telephone(tmp_path / "tone.wav")
    assert len(heard) == pytest.approx(4000, abs=2)
    assert levels.tone_dbfs(heard, 500) == pytest.approx(-15.0, abs=0.3)


def test_bytes_are_taken_as_samples() -> None:
    tone = softphone.tone(500, 0.1)
    assert np.array_equal(softphone.telephone(tone.tobytes()), tone)

"""Where audio lands on the time line of a recording."""

import pathlib

import numpy as np
import pytest
import soundfile

from lab import softphone
from lab.softphone import sounds, tracks

pytestmark = pytest.mark.unit

FRAME = np.full(sounds.FRAME, 1000, np.int16)


class Sender:
    """Adds frames to a track as an RTP stream would."""

    def __init__(self, ssrc: int = 1, stamp: int = 2**32 - 800) -> None:
        self.track = tracks.Track()
        self.ssrc = ssrc
        self.stamp = stamp

    def send(self, at_s: float, samples: softphone.Samples = FRAME) -> None:
        self.track.add(samples, ssrc=self.ssrc, timestamp=self.stamp % 2**32, at_s=at_s)
        self.stamp += len(samples)

    def spans(self) -> list[tuple[float, float]]:
        """The stretches of the line that are not silent."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], self.track.samples() != 0, [0]]).astype(np.int8)))
        return [(float(edges[i]) / 8000, float(edges[i + 1]) / 8000) for i in range(0, len(edges), 2)]


def test_audio_lands_when_it_arrived_whatever_its_timestamps_count_from() -> None:
    sender = Sender()
    for step in range(50):
        sender.send(1.0 + step * 0.02)
    assert sender.spans() == [(1.0, 2.0)]


def test_jitter_neither_tears_nor_shifts_audio() -> None:
    sender = Sender()
    jitter = np.random.default_rng(2).uniform(0, 0.04, 100)
    jitter[10] = 0.0
    for step in range(100):
        sender.send(1.0 + step * 0.02 + jitter[step])
    ((start_s, end_s),) = sender.spans()
    assert start_s == pytest.approx(1.0, abs=0.005)
    assert end_s == pytest.approx(3.0, abs=0.005)


def test_a_burst_after_a_stall_is_put_where_it_belonged() -> None:
    sender = Sender()
    for step in range(100):
        due_s = 1.0 + step * 0.02
        sender.send(max(due_s, 2.2) if due_s >= 2.0 else due_s)
    assert sender.spans() == [(1.0, 3.0)]


def test_a_sender_that_pauses_without_counting_on_is_heard_when_it_resumes() -> None:
    sender = Sender()
    for step in range(50):
        sender.send(1.0 + step * 0.02)
    for step in range(50):
        sender.send(2.3 + step * 0.02)
    assert sender.spans() == [pytest.approx((1.0, 2.0)), pytest.approx((2.3, 3.3))]


def test_a_lost_packet_leaves_a_hole_of_its_length() -> None:
    sender = Sender()
    for step in range(50):
        if step == 20:
            sender.stamp += sounds.FRAME
        else:
            sender.send(1.0 + step * 0.02)
    assert sender.spans() == [pytest.approx((1.0, 1.4)), pytest.approx((1.42, 2.0))]


def test_packets_out_of_order_are_put_in_order() -> None:
    sender = Sender()
    frames = [np.full(sounds.FRAME, value, np.int16) for value in (1, 2, 3, 4)]
    for index in (0, 2, 1, 3):
        sender.track.add(frames[index], ssrc=1, timestamp=1000 + index * sounds.FRAME, at_s=1.0 + index * 0.02)
    assert np.array_equal(sender.track.samples()[8000:], np.concatenate(frames))


def test_another_source_with_its_own_timestamps_continues_the_line() -> None:
    sender = Sender()
    for step in range(25):
        sender.send(1.0 + step * 0.02)
    sender.ssrc, sender.stamp = 2, 77
    for step in range(25):
        sender.send(1.5 + step * 0.02)
    assert sender.spans() == [(1.0, 2.0)]


def test_a_jump_of_the_timestamps_does_not_move_the_audio() -> None:
    sender = Sender()
    for step in range(25):
        sender.send(1.0 + step * 0.02)
    sender.stamp += 8_000_000
    for step in range(25):
        sender.send(1.5 + step * 0.02)
    assert sender.spans() == [(1.0, 2.0)]


def recorded() -> softphone.Recording:
    recording = softphone.Recording()
    tone = softphone.tone(500, 1.0)
    for start in range(0, len(tone), sounds.FRAME):
        frame = tone[start : start + sounds.FRAME]
        recording.received.add(frame, ssrc=1, timestamp=start, at_s=1.0 + start / 8000)
        recording.sent.add(frame // 2, ssrc=2, timestamp=start, at_s=0.5 + start / 8000)
    return recording


def test_a_stretch_of_the_recording_has_its_length_whatever_was_heard() -> None:
    recording = recorded()
    assert len(recording.heard(0.0, 5.0)) == 40_000
    assert not recording.heard(0.0, 1.0).any()
    assert recording.heard(1.0, 2.0).any()
    assert not recording.heard(2.0, 5.0).any()
    assert recording.length_s == pytest.approx(2.0)


def test_the_first_sound_is_found_to_the_sample() -> None:
    recording = recorded()
    assert recording.first_sound_s() == pytest.approx(1.0, abs=0.001)
    assert recording.first_sound_s(after_s=1.5) == pytest.approx(1.5, abs=0.001)
    assert recording.first_sound_s(after_s=2.5) is None


def test_speech_and_tones_are_found_by_the_second() -> None:
    recording = recorded()
    (span,) = recording.speech(0.5)
    assert (span.start_s, span.end_s) == pytest.approx((1.0, 2.0))
    assert recording.tone_dbfs(500, 1.0, 2.0) > -20
    assert recording.tone_dbfs(500, 0.0, 0.9) < -90


def test_the_file_has_what_was_sent_on_the_left_and_what_was_heard_on_the_right(tmp_path: pathlib.Path) -> None:
    recording = recorded()
    recording.save_wav(tmp_path / "call.wav")
    channels, rate = soundfile.read(tmp_path / "call.wav", dtype="int16")
    assert rate == 8000
    assert np.array_equal(channels[:, 0], recording.said(0.0, 2.0))
    assert np.array_equal(channels[:, 1], recording.heard(0.0, 2.0))

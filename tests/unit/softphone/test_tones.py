"""When tones were heard, among all that is on a line."""

import numpy as np
import pytest

from lab import softphone
from lab.softphone import dtmf, levels, recordings, sounds, tones

pytestmark = pytest.mark.unit

OWN, OTHER, *_ = softphone.CLEAR_HZ
_KEYS_HZ = ((697, 770, 852, 941), (1209, 1336, 1477, 1633))


def silence(seconds: float) -> softphone.Samples:
    return np.zeros(round(seconds * sounds.RATE), np.int16)


def on_a_telephone(*parts: softphone.Samples) -> softphone.Samples:
    """One after another, through the codec."""
    codec = softphone.Codec.PCMU
    return codec.decode(codec.encode(np.concatenate(parts)))


def mixed(*parts: softphone.Samples) -> softphone.Samples:
    whole = np.sum([part.astype(np.int32) for part in parts], axis=0)
    return np.asarray(np.clip(whole, -32768, 32767), np.int16)


def music(seconds: float) -> softphone.Samples:
    """Chords of plucked strings in tune, with all their overtones, as loud as hold music gets."""
    drawn = np.random.default_rng(7)
    chords = []
    for _ in range(round(seconds / 0.4)):
        at_s = np.arange(round(0.4 * sounds.RATE)) / sounds.RATE
        chord = np.zeros(len(at_s))
        for hz in 440 * 2 ** (drawn.integers(-24, 30, 4) / 12):
            overtones = range(1, int(3900 / hz) + 1)
            chord += sum(np.sin(2 * np.pi * hz * n * at_s + drawn.uniform(0, 6)) / n for n in overtones)
        chords.append(2500 * np.minimum(1, at_s / 0.01) * np.exp(-2 * at_s) * chord)
    return np.clip(np.concatenate(chords), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("hz", softphone.CLEAR_HZ)
@pytest.mark.parametrize("dbfs", [-12.0, -25.0])
def test_a_tone_is_found_from_its_beginning_to_its_end(hz: float, dbfs: float) -> None:
    line = on_a_telephone(silence(0.617), softphone.tone(hz, 0.5, dbfs=dbfs), silence(0.3))
    (span,) = tones.spans(line, hz, from_s=10.0)
    assert (span.start_s, span.end_s) == pytest.approx((10.617, 11.117), abs=0.006)


@pytest.mark.parametrize("hz", softphone.CLEAR_HZ)
def test_a_tone_is_taken_for_no_other_nor_anything_else_on_a_line_for_it(hz: float) -> None:
    others = [softphone.tone(other, 0.5) for other in softphone.CLEAR_HZ if other != hz]
    beeps = [softphone.tone(other, 0.5) for other in (425, 440, 1000)]
    keys = [mixed(softphone.tone(low, 0.1), softphone.tone(high, 0.1)) for low in _KEYS_HZ[0] for high in _KEYS_HZ[1]]
    assert len(keys) == len(dtmf.DIGITS)
    for sound in ([*others], [*beeps], [*keys], [music(8.0)]):
        line = on_a_telephone(*sound)
        assert levels.dbfs(line) > -25
        assert tones.spans(line, hz) == []
        assert tones.peak_dbfs(line, hz) < tones.TONE_DBFS


@pytest.mark.parametrize("length_s", [0.01, 0.02, 0.05])
def test_the_shortest_leak_under_music_is_found(length_s: float) -> None:
    leak = np.concatenate([silence(3.0), softphone.tone(OWN, length_s), silence(1.0 - length_s)])
    line = on_a_telephone(mixed(music(4.0), leak))
    (span,) = tones.spans(line, OWN)
    assert (span.start_s + span.end_s) / 2 == pytest.approx(3.0 + length_s / 2, abs=0.02)
    assert tones.peak_dbfs(line, OWN) > tones.TONE_DBFS
    assert tones.peak_dbfs(line, OTHER) < tones.TONE_DBFS


def test_a_lost_packet_does_not_end_a_tone_and_a_pause_does() -> None:
    piece = softphone.tone(OWN, 0.4)
    line = np.concatenate([piece, silence(0.02), piece, silence(0.2), piece])
    spans = tones.spans(line, OWN)
    assert [span.start_s for span in spans] == pytest.approx([0.0, 1.02], abs=0.01)
    assert [span.end_s for span in spans] == pytest.approx([0.82, 1.42], abs=0.01)


def test_a_faint_tone_is_heard_only_if_asked_for() -> None:
    line = np.concatenate([silence(0.2), softphone.tone(OWN, 0.4, dbfs=-45), silence(0.2)])
    assert tones.spans(line, OWN) == []
    (span,) = tones.spans(line, OWN, at_least_dbfs=-55)
    assert span.length_s == pytest.approx(0.4, abs=0.02)
    assert tones.peak_dbfs(line, OWN) == pytest.approx(-48, abs=0.5)


def test_in_nothing_there_is_no_tone() -> None:
    for line in (silence(0.0), silence(0.01), silence(1.0)):
        assert tones.spans(line, OWN) == []
        assert tones.peak_dbfs(line, OWN) == levels.SILENCE_DBFS


def test_a_recording_tells_its_tones_by_the_second() -> None:
    recording = recordings.Recording()
    tone = softphone.tone(OWN, 1.0)
    for start in range(0, len(tone), sounds.FRAME):
        frame = tone[start : start + sounds.FRAME]
        recording.received.add(frame, ssrc=1, timestamp=start, at_s=2.0 + start / sounds.RATE)
    (span,) = recording.tones(OWN, 1.5)
    assert (span.start_s, span.end_s) == pytest.approx((2.0, 3.0), abs=0.01)
    assert recording.tone_peak_dbfs(OWN, 2.2, 2.8) == pytest.approx(-15, abs=0.5)
    assert recording.tone_peak_dbfs(OWN, 0.0, 1.9) == levels.SILENCE_DBFS


def test_a_call_s_seconds_are_told_by_one_clock_for_all_phones() -> None:
    near, far = softphone.Timeline(), softphone.Timeline()
    assert far.since_s(near.clock_s(1.5)) == pytest.approx(1.5 + near.origin_s - far.origin_s)
    assert near.since_s(near.clock_s(1.5)) == pytest.approx(1.5)

"""Two phones talk: sound and keys arrive as they were sent."""

import asyncio

import numpy as np
import pytest

from lab import softphone
from lab.softphone import tones
from tests.unit.softphone.conftest import CALLER, DIALED, Pair

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
async def test_each_side_hears_the_other_s_tone_and_only_that(
    caller: softphone.Softphone, callee: softphone.Softphone, codec: str
) -> None:
    callee.answer_with(softphone.Answering(play=softphone.tone(900, 0.5), play_rate=8000))
    near = await caller.dial(callee.uri(DIALED), caller=CALLER, codecs=(codec,))
    await near.answered(timeout=10)
    far = await callee.next_call(timeout=10)
    spoken, near_heard_s, far_heard_s = await asyncio.gather(
        near.play(softphone.tone(500, 0.5, rate=16_000)),
        near.hears_tone(900, timeout=10),
        far.hears_tone(500, timeout=10),
    )
    assert spoken.length_s == pytest.approx(0.5, abs=0.3)  # a machine that stalls catches up
    await near.hears_silence(for_s=0.2, timeout=10)
    await far.hears_silence(for_s=0.2, timeout=10)
    for call, hz, other_hz, heard_s in ((near, 900, 500, near_heard_s), (far, 500, 900, far_heard_s)):
        assert call.tone_level(hz, heard_s, heard_s + 0.3) == pytest.approx(-15, abs=1)
        assert call.tone_level(other_hz, heard_s, heard_s + 0.3) < -50
    assert spoken.start_s == pytest.approx(far_heard_s, abs=0.15)


async def test_a_recording_has_what_was_sent_sample_by_sample(pair: Pair) -> None:
    sent = softphone.noise(0.3, dbfs=-20)
    span = await pair.near.play(sent, rate=8000)
    await pair.far.hears_silence(for_s=0.1, since_s=span.end_s, timeout=10)
    through_codec = softphone.Codec.PCMU.decode(softphone.Codec.PCMU.encode(sent))
    said_at = _find(sent, pair.near.recording.said())
    heard_at = _find(through_codec, pair.far.recording.heard())
    offset_s = pair.far.timeline.origin_s - pair.near.timeline.origin_s
    assert said_at / 8000 == pytest.approx(span.start_s, abs=0.3)
    assert heard_at / 8000 + offset_s == pytest.approx(span.start_s, abs=0.3)


def _find(part: softphone.Samples, whole: softphone.Samples) -> int:
    """Where a sound is contained, sample by sample."""
    at = int(np.argmax(np.correlate(whole.astype(float), part.astype(float), "valid")))
    assert np.array_equal(whole[at : at + len(part)], part)
    return at


async def test_a_tone_is_heard_when_it_was_played_by_the_clock_of_both_phones(pair: Pair) -> None:
    hz, other_hz, *_ = softphone.CLEAR_HZ
    played = await pair.near.play(softphone.tone(hz, 0.4), rate=8000)
    await pair.far.hears_silence(for_s=0.1, since_s=pair.far.now_s, timeout=10)
    (span,) = pair.far.tones_heard(hz)
    for heard_s, played_s in ((span.start_s, played.start_s), (span.end_s, played.end_s)):
        assert pair.far.timeline.clock_s(heard_s) == pytest.approx(pair.near.timeline.clock_s(played_s), abs=0.3)
    assert pair.far.tone_peak(hz) == pytest.approx(-15, abs=1)
    assert pair.far.tone_peak(other_hz) < tones.TONE_DBFS


async def test_speech_is_heard_when_it_begins_and_silence_when_it_ends(pair: Pair) -> None:
    listening = asyncio.create_task(pair.far.hears_speech(timeout=10))
    span = await pair.near.play(softphone.noise(0.4, dbfs=-20), rate=8000)
    offset_s = pair.far.timeline.origin_s - pair.near.timeline.origin_s
    assert await listening + offset_s == pytest.approx(span.start_s, abs=0.1)
    silent_s = await pair.far.hears_silence(for_s=0.2, timeout=10)
    assert silent_s + offset_s == pytest.approx(span.end_s, abs=0.1)
    (heard,) = pair.far.speech_heard()
    assert heard.length_s == pytest.approx(0.4, abs=0.06)


async def test_speech_that_is_over_counts_only_if_asked_for(pair: Pair) -> None:
    await pair.near.play(softphone.noise(0.2, dbfs=-20), rate=8000)
    await pair.far.hears_silence(for_s=0.1, timeout=10)
    assert await pair.far.hears_speech(timeout=1, since_s=0.0) < pair.far.now_s
    with pytest.raises(softphone.Deadline):
        await pair.far.hears_speech(timeout=0.05)


async def test_a_talker_is_not_silent(pair: Pair) -> None:
    utterance = pair.near.utter(rate=8000)
    utterance.push(softphone.noise(2.0, dbfs=-20))
    await pair.far.hears_speech(timeout=10)
    with pytest.raises(softphone.Deadline):
        await pair.far.hears_silence(for_s=0.2, timeout=0.4)


async def test_playing_can_be_cut_off(pair: Pair) -> None:
    playing = asyncio.create_task(pair.near.play(softphone.tone(500, 5.0), rate=8000))
    await pair.far.hears_tone(500, timeout=10)
    pair.near.stop_playing()
    assert (await playing).length_s < 1.0
    await pair.far.hears_silence(for_s=0.1, timeout=10)


async def test_keys_arrive_both_ways(pair: Pair) -> None:
    await asyncio.gather(pair.near.press("12#", key_s=0.06, gap_s=0.04), pair.far.press("*A", key_s=0.06, gap_s=0.04))
    await pair.far.hears_digits("12#", timeout=10)
    await pair.near.hears_digits("*A", timeout=10)
    assert (pair.far.digits_heard, pair.near.digits_heard) == ("12#", "*A")
    times = [press.at_s for press in pair.far.presses_heard]
    assert times == sorted(times)
    assert times[-1] - times[0] == pytest.approx(2 * (0.06 + 3 * 0.02 + 0.04), abs=0.1)


async def test_audio_is_paced_without_drift(pair: Pair) -> None:
    await pair.near.play(softphone.tone(500, 0.6), rate=8000)
    track = pair.near.recording.sent
    elapsed_s = pair.near.now_s - pair.near.timeline.answered_s
    assert len(track) * 0.02 == pytest.approx(elapsed_s, abs=0.08)
    assert len(pair.far.audio_sources) == 1


async def test_hold_stops_the_other_side_and_resume_lets_it_speak_again(pair: Pair) -> None:
    await pair.near.reinvite(softphone.Direction.SENDONLY)
    assert pair.far.agreed is not None
    assert pair.far.agreed.direction is softphone.Direction.RECVONLY
    packets = len(pair.far.recording.sent)
    await pair.far.play(softphone.tone(900, 0.2), rate=8000)
    assert len(pair.far.recording.sent) == packets
    await pair.near.reinvite()
    await asyncio.gather(pair.far.play(softphone.tone(900, 0.3), rate=8000), pair.near.hears_tone(900, timeout=10))


async def test_the_callee_can_put_the_caller_on_hold(pair: Pair) -> None:
    await pair.far.acked(timeout=10)
    await pair.far.reinvite(softphone.Direction.INACTIVE)
    assert pair.near.agreed is not None
    assert pair.near.agreed.direction is softphone.Direction.INACTIVE


async def test_re_invites_that_cross_are_both_told_to_wait(pair: Pair) -> None:
    await pair.far.acked(timeout=10)
    results = await asyncio.gather(pair.near.reinvite(), pair.far.reinvite(), return_exceptions=True)
    assert [type(result) for result in results] == [softphone.CallRefused] * 2
    assert pair.near.is_up
    assert pair.far.is_up


async def test_what_is_waited_for_is_given_up_when_the_call_ends(pair: Pair) -> None:
    listening = asyncio.create_task(pair.near.hears_tone(500, timeout=10))
    playing = asyncio.create_task(pair.near.play(softphone.tone(500, 5.0), rate=8000))
    await pair.far.hears_tone(500, timeout=10)
    await pair.far.hang_up()
    for task in (listening, playing):
        with pytest.raises(softphone.CallOver):
            await task

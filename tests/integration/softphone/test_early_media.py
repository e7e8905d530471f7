"""183 Session Progress: audio before the answer, both ways."""

import asyncio

import pytest

from lab import softphone
from lab.softphone import sdp
from tests.unit.softphone.conftest import CALLER, DIALED
from tests.unit.softphone.raw_peer import RawPeer
from tests.unit.softphone.test_answering import OFFER

pytestmark = pytest.mark.integration

EARLY = softphone.tone(600, 3.0, rate=16_000)


async def test_a_tone_before_the_answer_is_heard_and_cut_off_by_it(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(
        softphone.Answering(early_media=True, play_early=EARLY, after_s=0.5, play=softphone.tone(900, 0.3, rate=16_000))
    )
    near = await caller.dial(callee.uri(DIALED), caller=CALLER)
    await near.early_media(timeout=10)
    await near.hears_tone(600, timeout=10)
    assert not near.is_up
    await near.answered(timeout=10)
    await near.hears_tone(900, timeout=10)
    times = near.timeline
    assert times.ringing_s <= times.early_media_s < times.answered_s
    assert near.tone_level(600, times.early_media_s, times.answered_s) > -20
    assert near.tone_level(600, times.answered_s + 0.1) < -40
    assert [len(near.signalling.responses(code)) for code in (180, 183, 200)] == [1, 1, 1]


async def test_early_audio_of_the_caller_is_heard_and_recorded(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.RINGS_FOREVER)
    near = await caller.dial(callee.uri(DIALED), caller=CALLER)
    far = await callee.next_call(timeout=10)
    with pytest.raises(softphone.NotReached):
        await near.play(EARLY)
    far.progress()
    await near.early_media(timeout=10)
    await asyncio.gather(near.play(softphone.tone(700, 0.3), rate=8000), far.hears_tone(700, timeout=10))
    await near.press("5")
    await far.hears_digits("5", timeout=10)
    assert len(near.recording.sent) > 0
    assert len(near.recording.received) > 0
    assert not far.is_up
    await near.cancel()
    assert (await far.ended(timeout=10)).by is softphone.EndedBy.CANCELLED


async def test_early_media_and_then_a_refusal(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.Answering(rings=False, early_media=True, play_early=EARLY, after_s=0.3, code=486))
    near = await caller.dial(callee.uri(DIALED), caller=CALLER)
    await near.hears_tone(600, timeout=10)
    with pytest.raises(softphone.CallRefused, match="486"):
        await near.answered(timeout=10)
    assert near.signalling.responses(180) == []
    assert caller.dialogs == callee.dialogs == ()


async def test_the_answer_describes_what_the_183_described(peer: RawPeer, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.Answering(early_media=True, after_s=0.02))
    peer.send(peer.compose("INVITE", callee.uri(DIALED), body=OFFER), callee.address)
    early = await peer.response(183)
    answer = await peer.response(200)
    assert early.body == answer.body
    assert early.to_tag == answer.to_tag
    assert sdp.parse(early.body).codecs == (softphone.Codec.PCMU,)
    (await callee.next_call(timeout=10)).abandon()


async def test_without_an_offer_there_is_no_early_media(peer: RawPeer, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.Answering(early_media=True))
    peer.send(peer.compose("INVITE", callee.uri(DIALED)), callee.address)
    await peer.response(200)
    call = await callee.next_call(timeout=10)
    assert call.signalling.responses(183) == []
    call.abandon()


async def test_early_media_without_a_codec_in_common_is_not_acceptable(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.Answering(early_media=True, codecs=(softphone.Codec.PCMA,), after_s=5.0))
    near = await caller.dial(callee.uri(DIALED), caller=CALLER, codecs=("PCMU",))
    with pytest.raises(softphone.CallRefused, match="488"):
        await near.answered(timeout=10)

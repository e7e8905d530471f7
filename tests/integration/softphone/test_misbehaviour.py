"""Faults that a test can ask a phone for."""

import asyncio

import pytest

from lab import softphone
from lab.softphone import levels, messages
from tests.unit.softphone.conftest import CALLER, Pair, connect
from tests.unit.softphone.raw_peer import RawPeer

pytestmark = pytest.mark.integration

FAST = softphone.Timers(t1_s=0.005)


async def test_no_rtp(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    pair = await connect(caller, callee, softphone.Misbehaviour(sends_no_rtp=True))
    await pair.near.play(softphone.tone(500, 0.2), rate=8000)
    await pair.far.play(softphone.tone(900, 0.2), rate=8000)
    assert len(pair.near.recording.sent) == len(pair.far.recording.received) == 0
    assert len(pair.near.recording.received) > 0


async def test_rtp_that_stops_in_mid_call(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    pair = await connect(caller, callee, softphone.Misbehaviour(rtp_stops_after_s=0.2))
    await pair.near.play(softphone.tone(500, 0.5), rate=8000)
    sent_s = len(pair.near.recording.sent) * 0.02
    assert sent_s == pytest.approx(0.2, abs=0.06)
    assert pair.near.is_up


async def test_rtp_stopped_and_resumed_by_hand(pair: Pair) -> None:
    pair.near.stop_rtp()
    packets = len(pair.near.recording.sent)
    await pair.near.play(softphone.tone(500, 0.1), rate=8000)
    assert len(pair.near.recording.sent) == packets
    pair.near.resume_rtp()
    await asyncio.gather(pair.near.play(softphone.tone(500, 0.3), rate=8000), pair.far.hears_tone(500, timeout=10))


async def test_comfort_noise_for_ever_is_heard_but_is_no_speech(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    pair = await connect(caller, callee, softphone.Misbehaviour(comfort_noise_dbfs=-55))
    await pair.far.hears_silence(for_s=0.3, timeout=10)
    heard = pair.far.recording.heard(pair.far.now_s - 0.25, pair.far.now_s - 0.1)
    assert levels.dbfs(heard) == pytest.approx(-55, abs=3)
    assert pair.far.speech_heard() == []


async def test_a_late_bye(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.Answering(misbehaviour=softphone.Misbehaviour(answers_bye_after_s=0.3)))
    pair = await connect(caller, callee)
    ending = await pair.near.hang_up()
    assert ending.by is softphone.EndedBy.PHONE
    assert pair.near.timeline.ended_s - pair.near.timeline.bye_s == pytest.approx(0.3, abs=0.1)
    assert pair.far.timeline.ended_s - pair.far.timeline.bye_s == pytest.approx(0.3, abs=0.1)


async def test_a_bye_that_is_never_answered() -> None:
    async with softphone.Softphone.open(base_timers=FAST) as caller, softphone.Softphone.open() as callee:
        callee.answer_with(softphone.Answering(misbehaviour=softphone.Misbehaviour(never_answers_bye=True)))
        pair = await connect(caller, callee)
        assert (await pair.near.hang_up()).by is softphone.EndedBy.TIMEOUT
        assert pair.far.is_up
        assert len(pair.far.signalling.requests("BYE", was_sent=False)) > 2


async def test_a_phone_that_hangs_up_by_itself(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    pair = await connect(caller, callee, softphone.Misbehaviour(hangs_up_after_s=0.2))
    assert (await pair.near.ended(timeout=10)).by is softphone.EndedBy.PHONE
    assert pair.near.timeline.bye_s - pair.near.timeline.answered_s == pytest.approx(0.2, abs=0.1)


async def test_an_answer_without_ack() -> None:
    async with softphone.Softphone.open() as caller, softphone.Softphone.open(base_timers=FAST) as callee:
        callee.answer_with(softphone.Answering())
        pair = await connect(caller, callee, softphone.Misbehaviour(never_acks=True))
        assert (await pair.far.ended(timeout=10)).by is softphone.EndedBy.TIMEOUT
        assert (await pair.near.ended(timeout=10)).by is softphone.EndedBy.PEER
        assert len(pair.near.signalling.responses(200, was_sent=False)) > 2
        assert pair.near.signalling.requests("ACK") == []


async def test_a_refusal_without_ack(caller: softphone.Softphone, peer: RawPeer) -> None:
    await caller.dial(peer.uri, caller=CALLER, misbehaviour=softphone.Misbehaviour(never_acks=True))
    invite = await peer.request("INVITE")
    for _ in range(2):
        peer.send(messages.response_to(invite, 486, tag="raw"), caller.address)
    peer.send(peer.compose("OPTIONS", caller.uri("any")), caller.address)
    following = await peer.receive()
    assert isinstance(following, messages.Response)
    assert following.cseq_method == "OPTIONS"

"""Calls and other requests that reach the phone."""

import asyncio

import numpy as np
import pytest

from lab import softphone
from lab.softphone import answerings, levels, messages, sdp
from tests.unit.softphone.conftest import CALLER, DIALED
from tests.unit.softphone.raw_peer import RawPeer

pytestmark = pytest.mark.unit

OFFER = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 9 RTP/AVP 8 0 96\r\na=rtpmap:96 telephone-event/8000\r\n"
)


async def test_a_call_can_be_answered_by_hand(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.RINGS_FOREVER)
    near = await caller.dial(callee.uri(DIALED), caller=CALLER)
    far = await callee.next_call(timeout=10)
    far.answer()
    await near.answered(timeout=10)
    await far.acked(timeout=10)
    far.refuse(486)
    assert near.is_up
    assert far.is_up


async def test_a_call_can_be_refused_by_hand(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.RINGS_FOREVER)
    near = await caller.dial(callee.uri(DIALED), caller=CALLER)
    (await callee.next_call(timeout=10)).refuse(404)
    with pytest.raises(softphone.CallRefused, match="404"):
        await near.answered(timeout=10)


async def test_hanging_up_a_ringing_phone_declines(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.RINGS_FOREVER)
    near = await caller.dial(callee.uri(DIALED), caller=CALLER)
    await (await callee.next_call(timeout=10)).hang_up()
    with pytest.raises(softphone.CallRefused, match="603"):
        await near.answered(timeout=10)


async def test_each_number_can_answer_in_its_own_way(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.Answering(code=486), user="+12015550101")
    busy = await caller.dial(callee.uri("+12015550101"), caller=CALLER)
    free = await caller.dial(callee.uri(DIALED), caller=CALLER)
    await free.answered(timeout=10)
    with pytest.raises(softphone.CallRefused):
        await busy.answered(timeout=10)


async def test_a_phone_that_is_reset_answers_nobody_and_knows_of_no_call(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.Answering(), user=DIALED)
    call = await caller.dial(callee.uri(DIALED), caller=CALLER)
    await call.answered(timeout=10)
    callee.reset()
    with pytest.raises(softphone.Deadline):
        await callee.next_call(timeout=0)
    call = await caller.dial(callee.uri(DIALED), caller=CALLER)
    with pytest.raises(softphone.CallRefused, match="480"):
        await call.answered(timeout=10)


async def test_the_codec_is_the_callee_s_choice_among_the_caller_s(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.Answering(codecs=(softphone.Codec.PCMA, softphone.Codec.PCMU)))
    call = await caller.dial(callee.uri(DIALED), caller=CALLER, codecs=("PCMU", "PCMA"))
    await call.answered(timeout=10)
    assert call.agreed is not None
    assert call.agreed.codec is softphone.Codec.PCMA


async def test_no_codec_in_common_is_not_acceptable(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.Answering(codecs=(softphone.Codec.PCMA,)))
    call = await caller.dial(callee.uri(DIALED), caller=CALLER, codecs=("PCMU",))
    with pytest.raises(softphone.CallRefused, match="488"):
        await call.answered(timeout=10)


async def test_options_is_answered(callee: softphone.Softphone, peer: RawPeer) -> None:
    peer.send(peer.compose("OPTIONS", callee.uri("any")), callee.address)
    answer = await peer.response(200)
    assert "INVITE" in (answer.headers.get("Allow") or "")
    assert messages.SDP in (answer.headers.get("Accept") or "")


@pytest.mark.parametrize(("method", "code"), [("SUBSCRIBE", 405), ("FETCH", 501)])
async def test_what_the_phone_does_not_do_is_said(
    callee: softphone.Softphone, peer: RawPeer, method: str, code: int
) -> None:
    peer.send(peer.compose(method, callee.uri("any")), callee.address)
    assert "INVITE" in ((await peer.response(code)).headers.get("Allow") or "")


@pytest.mark.parametrize("method", ["BYE", "INVITE", "INFO", "REFER"])
async def test_a_request_of_an_unknown_dialog_is_refused(
    callee: softphone.Softphone, peer: RawPeer, method: str
) -> None:
    target = callee.uri(DIALED)
    peer.send(peer.compose(method, target, ("To", f"<{target}>;tag=unknown")), callee.address)
    assert (await peer.response(481)).cseq_method == method


async def test_a_cancel_of_an_unknown_call_is_refused(callee: softphone.Softphone, peer: RawPeer) -> None:
    peer.send(peer.compose("CANCEL", callee.uri(DIALED)), callee.address)
    assert (await peer.response(481)).cseq_method == "CANCEL"


async def test_responses_go_to_the_port_in_via_unless_rport_asks_for_the_source(
    callee: softphone.Softphone, peer: RawPeer
) -> None:
    via = f"SIP/2.0/UDP 10.9.9.9:{peer.address[1]};branch=z9hG4bKother"
    peer.send(peer.compose("OPTIONS", callee.uri("any"), ("Via", via)), callee.address)
    assert (await peer.response(200)).branch == "z9hG4bKother"


async def test_garbage_is_ignored(callee: softphone.Softphone, peer: RawPeer) -> None:
    for garbage in (b"\r\n\r\n", b"hello", b"SIP/2.0 200 OK\r\n\r\n", bytes(100)):
        peer.send(garbage, callee.address)
    peer.send(peer.compose("OPTIONS", callee.uri("any")), callee.address)
    await peer.response(200)


async def test_the_answer_has_route_contact_and_one_codec_and_is_repeated_until_its_ack(peer: RawPeer) -> None:
    async with softphone.Softphone.open(base_timers=softphone.Timers(t1_s=0.1)) as phone:
        phone.answer_with(softphone.Answering(headers={"X-Desk": "4"}))
        route = ("Record-Route", f"<sip:{peer.address[0]}:{peer.address[1]};lr>")
        invite = peer.compose("INVITE", phone.uri(DIALED), route, body=OFFER)
        peer.send(invite, phone.address)
        answer = await peer.response(200)
        assert answer.headers.get("Record-Route") == route[1]
        assert answer.headers.get("X-Desk") == "4"
        assert sdp.parse(answer.body).codecs == (softphone.Codec.PCMU,)
        assert sdp.parse(answer.body).event_type == 96
        assert (await peer.response(200)).to_tag == answer.to_tag
        call = await phone.next_call(timeout=10)
        ack = peer.compose("ACK", phone.uri(DIALED), ("To", answer.required("To")), ("CSeq", f"{invite.cseq} ACK"))
        peer.send(ack, phone.address)
        await call.acked(timeout=10)
        leaving = asyncio.create_task(call.hang_up())
        bye = await peer.request("BYE")
        assert bye.headers.get("Route") == route[1]
        assert (bye.from_tag, bye.to_tag, bye.cseq) == (answer.to_tag, "raw", 1)
        peer.send(messages.response_to(bye, 200), phone.address)
        await leaving


async def test_an_invite_without_an_offer_gets_one_and_takes_the_answer_from_the_ack(
    callee: softphone.Softphone, peer: RawPeer
) -> None:
    invite = peer.compose("INVITE", callee.uri(DIALED))
    peer.send(invite, callee.address)
    answer = await peer.response(200)
    assert sdp.parse(answer.body).codecs == (softphone.Codec.PCMU, softphone.Codec.PCMA)
    ack = peer.compose(
        "ACK", callee.uri(DIALED), ("To", answer.required("To")), ("CSeq", f"{invite.cseq} ACK"), body=OFFER
    )
    peer.send(ack, callee.address)
    call = await callee.next_call(timeout=10)
    await call.acked(timeout=10)
    assert call.agreed is not None
    assert call.agreed.codec is softphone.Codec.PCMA
    call.abandon()


async def test_an_answer_never_acknowledged_ends_the_call_with_a_bye(peer: RawPeer) -> None:
    async with softphone.Softphone.open(base_timers=softphone.Timers(t1_s=0.005)) as phone:
        phone.answer_with(softphone.Answering())
        peer.send(peer.compose("INVITE", phone.uri(DIALED), body=OFFER), phone.address)
        call = await phone.next_call(timeout=10)
        assert (await call.ended(timeout=10)).by is softphone.EndedBy.TIMEOUT
        await peer.request("BYE")


async def test_waiting_for_a_call_has_a_deadline(callee: softphone.Softphone) -> None:
    with pytest.raises(softphone.Deadline):
        await callee.next_call(timeout=0.01)


async def test_an_ack_whose_answer_the_phone_cannot_use_is_hung_up(callee: softphone.Softphone, peer: RawPeer) -> None:
    invite = peer.compose("INVITE", callee.uri(DIALED))
    peer.send(invite, callee.address)
    answer = await peer.response(200)
    unusable = OFFER.replace(b"8 0 96", b"9 96")
    ack = peer.compose(
        "ACK", callee.uri(DIALED), ("To", answer.required("To")), ("CSeq", f"{invite.cseq} ACK"), body=unusable
    )
    peer.send(ack, callee.address)
    peer.send(messages.response_to(await peer.request("BYE"), 200), callee.address)
    call = await callee.next_call(timeout=10)
    assert (await call.ended(timeout=10)).by is softphone.EndedBy.PHONE


async def test_in_a_call_options_and_info_are_answered_and_other_methods_are_refused(
    callee: softphone.Softphone, peer: RawPeer
) -> None:
    peer.send(peer.compose("INVITE", callee.uri(DIALED), body=OFFER), callee.address)
    to = ("To", (await peer.response(200)).required("To"))
    for method, code in (("OPTIONS", 200), ("INFO", 200), ("UPDATE", 405)):
        peer.send(peer.compose(method, callee.uri(DIALED), to), callee.address)
        response = await peer.response(code)
        while response.cseq_method != method:
            response = await peer.response(code)
    peer.send(peer.compose("BYE", callee.uri(DIALED), to), callee.address)
    call = await callee.next_call(timeout=10)
    assert (await call.ended(timeout=10)).by is softphone.EndedBy.PEER


async def test_who_hangs_up_at_once_waits_for_the_ack(callee: softphone.Softphone, peer: RawPeer) -> None:
    callee.answer_with(softphone.Answering(misbehaviour=softphone.Misbehaviour(hangs_up_after_s=0.0)))
    invite = peer.compose("INVITE", callee.uri(DIALED), body=OFFER)
    peer.send(invite, callee.address)
    to = ("To", (await peer.response(200)).required("To"))
    peer.send(peer.compose("OPTIONS", callee.uri(DIALED), to), callee.address)
    assert (await peer.response(200)).cseq_method == "OPTIONS"
    call = await callee.next_call(timeout=10)
    assert call.signalling.requests("BYE") == []
    peer.send(peer.compose("ACK", callee.uri(DIALED), to, ("CSeq", f"{invite.cseq} ACK")), callee.address)
    peer.send(messages.response_to(await peer.request("BYE"), 200), callee.address)
    assert (await call.ended(timeout=10)).by is softphone.EndedBy.PHONE


def test_a_voicemail_greets_and_beeps() -> None:
    answering = softphone.voicemail(softphone.noise(1.0, dbfs=-20, rate=16_000), after_s=0.5)
    assert isinstance(answering.play, np.ndarray)
    assert (answering.after_s, answering.play_rate) == (0.5, 8000)
    greeting, beep = answering.play[:8000], answering.play[-2400:]
    assert levels.dbfs(greeting) > -25
    assert levels.tone_dbfs(beep, answerings.BEEP_HZ) == pytest.approx(-15, abs=0.5)
    assert not answering.play[8000 : len(answering.play) - 3200].any()

"""Calls that the phone places: what it sends, and what it makes of the answers."""

import asyncio

import pytest

from lab import softphone
from lab.softphone import messages
from tests.unit.softphone.conftest import CALLER, DIALED
from tests.unit.softphone.raw_peer import RawPeer

pytestmark = pytest.mark.unit

SDP = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
CHALLENGE = {"Proxy-Authenticate": 'Digest realm="lab", nonce="n1", qop="auth"'}


async def test_a_call_rings_and_is_answered_in_that_order(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.RINGS_FOREVER)
    call = await caller.dial(callee.uri(DIALED), caller=CALLER)
    await call.ringing(timeout=10)
    assert not call.is_up
    (await callee.next_call(timeout=10)).answer()
    await call.answered(timeout=10)
    times = call.timeline
    assert 0 < times.trying_s <= times.ringing_s < times.answered_s <= times.acked_s
    with pytest.raises(softphone.NotReached):
        assert times.bye_s


async def test_a_phone_answers_after_its_time(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.Answering(after_s=0.1))
    call = await caller.dial(callee.uri(DIALED), caller=CALLER)
    far = await callee.next_call(timeout=10)
    await far.acked(timeout=10)
    assert far.timeline.answered_s - far.timeline.ringing_s >= 0.09
    assert call.is_up


async def test_the_callee_sees_caller_dialed_number_and_extra_headers(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    await caller.dial(callee.uri(DIALED), caller=CALLER, headers={"Diversion": "<sip:+12015550199@lab>", "X-A": "1"})
    call = await callee.next_call(timeout=10)
    assert (call.caller, call.dialed) == (CALLER, DIALED)
    assert call.invite.headers.get("diversion") == "<sip:+12015550199@lab>"
    assert call.invite.headers.get("x-a") == "1"
    assert "127.0.0.1" in call.invite.required("Via")


@pytest.mark.parametrize("code", [404, 480, 486, 503, 603])
async def test_a_refusal_is_raised_with_its_code_and_headers(
    caller: softphone.Softphone, callee: softphone.Softphone, code: int
) -> None:
    callee.answer_with(softphone.Answering(code=code, headers={"Reason": "SIP;cause=603", "Retry-After": "60"}))
    call = await caller.dial(callee.uri(DIALED), caller=CALLER)
    with pytest.raises(softphone.CallRefused) as raised:
        await call.answered(timeout=10)
    assert raised.value.code == code
    assert raised.value.headers.get("Reason") == "SIP;cause=603"
    assert raised.value.headers.get("Retry-After") == "60"
    assert call.ending is not None
    assert (call.ending.by, call.ending.code) == (softphone.EndedBy.REJECTED, code)
    far = await callee.next_call(timeout=10)
    assert (await far.ended(timeout=10)).code == code


async def test_a_phone_that_was_not_told_how_to_answer_is_unavailable(caller: softphone.Softphone) -> None:
    async with softphone.Softphone.open() as other:
        call = await caller.dial(other.uri(DIALED), caller=CALLER)
        with pytest.raises(softphone.CallRefused, match="480"):
            await call.ringing(timeout=10)


async def test_cancelling_while_it_rings_ends_the_call_on_both_sides(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.RINGS_FOREVER)
    call = await caller.dial(callee.uri(DIALED), caller=CALLER)
    await call.ringing(timeout=10)
    far = await callee.next_call(timeout=10)
    ending = await call.cancel(timeout=10)
    assert (ending.by, ending.code) == (softphone.EndedBy.CANCELLED, 487)
    assert (await far.ended(timeout=10)).by is softphone.EndedBy.CANCELLED


async def test_a_cancel_waits_for_the_first_sign_of_the_other_side(caller: softphone.Softphone, peer: RawPeer) -> None:
    call = await caller.dial(peer.uri, caller=CALLER)
    invite = await peer.request("INVITE")
    cancelling = asyncio.create_task(call.cancel(timeout=10))
    await asyncio.sleep(0)
    assert call.signalling.requests("CANCEL") == []
    peer.send(messages.response_to(invite, 180, tag="raw"), caller.address)
    cancel = await peer.request("CANCEL")
    assert (cancel.branch, cancel.cseq, cancel.uri) == (invite.branch, invite.cseq, invite.uri)
    peer.send(messages.response_to(cancel, 200, tag="raw"), caller.address)
    peer.send(messages.response_to(invite, 487, tag="raw"), caller.address)
    assert (await peer.request()).method == "ACK"
    assert (await cancelling).by is softphone.EndedBy.CANCELLED


async def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_hung_up(
    caller: softphone.Softphone, peer: RawPeer
) -> None:
    call = await caller.dial(peer.uri, caller=CALLER)
    invite = await peer.request("INVITE")
    peer.send(messages.response_to(invite, 180, tag="raw"), caller.address)
    await call.ringing(timeout=10)
    cancelling = asyncio.create_task(call.cancel(timeout=10))
    await peer.request("CANCEL")
    contact = softphone.Headers.of(("Contact", f"<{peer.uri}>"))
    peer.send(messages.response_to(invite, 200, tag="raw", extra=contact, sdp=SDP), caller.address)
    assert (await peer.request()).method == "ACK"
    bye = await peer.request("BYE")
    peer.send(messages.response_to(bye, 200), caller.address)
    assert (await cancelling).by is softphone.EndedBy.PHONE


async def test_requests_of_a_dialog_follow_its_recorded_route(caller: softphone.Softphone, peer: RawPeer) -> None:
    call = await caller.dial(peer.uri, caller=CALLER)
    invite = await peer.request("INVITE")
    proxy = f"<sip:{peer.address[0]}:{peer.address[1]};lr>"
    recorded = softphone.Headers.of(
        ("Record-Route", "<sip:far.invalid;lr>"), ("Record-Route", proxy), ("Contact", "<sip:there@10.0.0.9>")
    )
    peer.send(messages.response_to(invite, 200, tag="raw", extra=recorded, sdp=SDP), caller.address)
    ack = await peer.request("ACK")
    assert ack.uri == "sip:there@10.0.0.9"
    assert ack.headers.every("Route") == [proxy, "<sip:far.invalid;lr>"]
    assert (ack.cseq, ack.to_tag) == (invite.cseq, "raw")
    assert ack.branch != invite.branch
    leaving = asyncio.create_task(call.hang_up())
    bye = await peer.request("BYE")
    assert (bye.uri, bye.cseq, bye.headers.every("Route")[0]) == ("sip:there@10.0.0.9", invite.cseq + 1, proxy)
    peer.send(messages.response_to(bye, 200), caller.address)
    await leaving


async def test_every_copy_of_the_answer_is_acknowledged(caller: softphone.Softphone, peer: RawPeer) -> None:
    call = await caller.dial(peer.uri, caller=CALLER)
    invite = await peer.request("INVITE")
    answer = messages.response_to(
        invite, 200, tag="raw", extra=softphone.Headers.of(("Contact", f"<{peer.uri}>")), sdp=SDP
    )
    for _ in range(2):
        peer.send(answer, caller.address)
        assert (await peer.request()).method == "ACK"
    assert len(call.signalling.requests("ACK")) == 2
    call.abandon()


async def test_an_answer_that_the_phone_cannot_use_is_hung_up(caller: softphone.Softphone, peer: RawPeer) -> None:
    call = await caller.dial(peer.uri, caller=CALLER, codecs=("PCMA",))
    invite = await peer.request("INVITE")
    contact = softphone.Headers.of(("Contact", f"<{peer.uri}>"))
    peer.send(messages.response_to(invite, 200, tag="raw", extra=contact, sdp=SDP), caller.address)
    assert (await peer.request()).method == "ACK"
    peer.send(messages.response_to(await peer.request("BYE"), 200), caller.address)
    assert (await call.ended(timeout=10)).by is softphone.EndedBy.PHONE


async def test_a_challenge_is_final_without_credentials(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.Answering(code=407, headers=CHALLENGE))
    call = await caller.dial(callee.uri(DIALED), caller=CALLER)
    with pytest.raises(softphone.CallRefused, match="407"):
        await call.answered(timeout=10)


async def test_credentials_are_tried_once(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.Answering(code=407, headers=CHALLENGE))
    call = await caller.dial(callee.uri(DIALED), caller=CALLER, username="u", password="wrong")
    with pytest.raises(softphone.CallRefused, match="407"):
        await call.answered(timeout=10)
    first = await callee.next_call(timeout=10)
    second = await callee.next_call(timeout=10)
    assert "Proxy-Authorization" not in first.invite.headers
    assert 'username="u"' in (second.invite.headers.get("Proxy-Authorization") or "")
    assert second.invite.cseq == first.invite.cseq + 1


async def test_the_call_goes_through_with_the_credentials_asked_for(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.Answering(code=407, headers=CHALLENGE, after_s=0.05))
    call = await caller.dial(callee.uri(DIALED), caller=CALLER, username="u", password="p")
    await callee.next_call(timeout=10)
    callee.answer_with(softphone.Answering())
    await call.answered(timeout=10)
    assert (await call.hang_up()).by is softphone.EndedBy.PHONE


async def test_nobody_there_is_a_timeout() -> None:
    async with softphone.Softphone.open(base_timers=softphone.Timers(t1_s=0.002)) as phone:
        call = await phone.dial("sip:nobody@127.0.0.1:9", caller=CALLER)
        assert (await call.ended(timeout=10)).by is softphone.EndedBy.TIMEOUT
        with pytest.raises(softphone.CallOver):
            await call.answered(timeout=10)


async def test_waits_have_a_deadline(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.RINGS_FOREVER)
    call = await caller.dial(callee.uri(DIALED), caller=CALLER)
    with pytest.raises(softphone.Deadline):
        await call.answered(timeout=0.05)
    with pytest.raises(TimeoutError):
        await call.ended(timeout=0.05)
    with pytest.raises(softphone.NotReached):
        await call.play(softphone.tone(500, 0.1))


async def test_what_is_no_sip_uri_cannot_be_dialed(caller: softphone.Softphone) -> None:
    with pytest.raises(softphone.MalformedMessage):
        await caller.dial("tel:+12015550100", caller=CALLER)
    assert caller.dialogs == ()


async def test_a_header_may_occur_several_times(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    history = ["<sip:+12015550198@lab>;index=1", "<sip:+12015550199@lab>;index=1.1"]
    await caller.dial(callee.uri(DIALED), caller=CALLER, headers=[("History-Info", entry) for entry in history])
    assert (await callee.next_call(timeout=10)).invite.headers.every("History-Info") == history


@pytest.mark.parametrize(
    ("user", "host", "name"),
    [
        ("anonymous", "anonymous.invalid", "Anonymous"),
        ("9" * 2000, None, None),
        ("%27%3B%20DROP%20TABLE", None, 'say "hello" \\ \u202e\x07 <script> {{ 7*7 }} Zoë'),
    ],
)
async def test_the_caller_may_be_anybody(
    caller: softphone.Softphone, callee: softphone.Softphone, user: str, host: str | None, name: str | None
) -> None:
    callee.answer_with(softphone.Answering())
    call = await caller.dial(callee.uri(DIALED), caller=user, caller_host=host, name=name)
    await call.answered(timeout=10)
    far = await callee.next_call(timeout=10)
    quoted = "" if name is None else '"' + name.replace("\\", r"\\").replace('"', r"\"") + '" '
    sender = far.invite.required("From").partition(";tag=")[0]
    assert sender == f"{quoted}<sip:{user}@{host or '127.0.0.1'}>"
    assert far.caller == user
    assert (await far.hang_up()).by is softphone.EndedBy.PHONE, "its Contact still reaches the caller"


async def test_request_uri_to_and_next_hop_may_differ(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    await caller.dial(
        f"sip:00{DIALED[1:]}@lab.invalid;user=phone", to="tel:" + DIALED, next_hop=callee.address, caller=CALLER
    )
    invite = (await callee.next_call(timeout=10)).invite
    assert invite.uri == f"sip:00{DIALED[1:]}@lab.invalid;user=phone"
    assert invite.required("To") == f"<tel:{DIALED}>"

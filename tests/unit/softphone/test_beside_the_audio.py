"""INFO and OPTIONS: what a phone tells and asks beside the audio of a call."""

import asyncio

import pytest

from lab import softphone
from lab.softphone import digest, messages
from tests.unit.softphone.conftest import Pair
from tests.unit.softphone.raw_peer import RawPeer

pytestmark = pytest.mark.unit


async def test_an_info_arrives_with_its_body_and_is_recorded(pair: Pair) -> None:
    answer = await pair.near.send_info(softphone.dtmf_relay("#", duration_ms=90))
    assert answer.code == 200
    (info,) = pair.far.infos
    assert (info.content_type, info.body, info.digit) == (softphone.DTMF_RELAY, b"Signal=#\r\nDuration=90\r\n", "#")
    assert 0 < info.at_s <= pair.far.now_s
    assert pair.near.infos == ()


async def test_infos_can_be_waited_for(pair: Pair) -> None:
    waiting = asyncio.create_task(pair.near.informed(2, timeout=10))
    await pair.far.send_info(b"<xml/>", "application/xml; charset=utf-8")
    assert not waiting.done()
    await pair.far.send_info()
    last = await waiting
    assert (last.content_type, last.body, last.digit) == ("", b"", None)
    assert [info.content_type for info in pair.near.infos] == ["application/xml", ""]
    with pytest.raises(softphone.Deadline):
        await pair.near.informed(3, timeout=0)


async def test_an_info_before_the_answer_has_no_dialog(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.RINGS_FOREVER)
    call = await caller.dial(callee.uri("any"), caller="phone")
    with pytest.raises(softphone.NotReached):
        await call.send_info(softphone.dtmf_relay("1"))


@pytest.mark.parametrize("body", [b"Signal=\r\n", b"Signal=55\r\n", b"Duration=100\r\n", bytes([255, 0])])
async def test_a_relay_without_one_key_has_no_digit(pair: Pair, body: bytes) -> None:
    await pair.near.send_info(body)
    assert pair.far.infos[0].digit is None


async def test_a_ping_within_a_call_and_outside_tells_what_the_phone_can(
    pair: Pair, caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    for answer in (await pair.near.ping(), await pair.far.ping(), await caller.ping(callee.uri("any"))):
        assert answer.cseq_method == "OPTIONS"
        assert "INFO" in (answer.headers.get("Allow") or "")
        assert messages.SDP in (answer.headers.get("Accept") or "")


async def test_a_ping_that_is_refused_or_not_answered_says_so(caller: softphone.Softphone, peer: RawPeer) -> None:
    asking = asyncio.create_task(caller.ping(peer.uri))
    peer.send(messages.response_to(await peer.request("OPTIONS"), 503, tag="raw"), caller.address)
    with pytest.raises(softphone.CallRefused, match="503"):
        await asking
    with pytest.raises(softphone.Deadline):
        await caller.ping(peer.uri, timeout=0.01)
    async with softphone.Softphone.open(base_timers=softphone.Timers(t1_s=0.001)) as hasty:
        with pytest.raises(softphone.Deadline):
            await hasty.ping("sip:nobody@127.0.0.1:9", timeout=10)


async def test_a_challenged_ping_shows_its_credentials(caller: softphone.Softphone, peer: RawPeer) -> None:
    asking = asyncio.create_task(caller.ping(peer.uri, username="acme", password="right"))
    first = await peer.request("OPTIONS")
    asked = digest.Challenge(realm="lab", nonce="n").write()
    challenge = messages.response_to(first, 401, tag="raw", extra=softphone.Headers.of(("WWW-Authenticate", asked)))
    peer.send(challenge, caller.address)
    second = await peer.request("OPTIONS")
    proof = digest.Proof.read(second.headers.get("Authorization") or "")
    credentials = digest.Credentials(username="acme", password="right")
    assert proof is not None
    assert proof.is_right(method="OPTIONS", credentials=credentials, algorithm=softphone.Algorithm.MD5)
    assert (second.cseq, second.call_id) == (2, first.call_id)
    peer.send(messages.response_to(second, 200, tag="raw"), caller.address)
    assert (await asking).code == 200

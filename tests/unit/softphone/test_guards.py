"""Calls that are challenged for credentials, and requests of the phone's own that are."""

import asyncio
import dataclasses

import pytest

from lab import softphone
from lab.softphone import digest, messages
from tests.unit.softphone.conftest import CALLER, DIALED
from tests.unit.softphone.raw_peer import RawPeer

pytestmark = pytest.mark.unit

GUARD = softphone.Guard(username="acme", password="right")


async def dial(caller: softphone.Softphone, callee: softphone.Softphone) -> softphone.OutgoingCall:
    return await caller.dial(callee.uri(DIALED), caller=CALLER, username="acme", password="right")


@pytest.mark.parametrize(
    "guard",
    [
        GUARD,
        dataclasses.replace(GUARD, code=401, algorithms=(softphone.Algorithm.SHA_256,)),
        dataclasses.replace(GUARD, algorithms=(softphone.Algorithm.SHA_256, softphone.Algorithm.MD5)),
        dataclasses.replace(GUARD, code=401, has_qop=False),
    ],
    ids=["md5", "sha-256", "both", "without qop"],
)
async def test_the_right_credentials_ring_the_phone_once(
    caller: softphone.Softphone, callee: softphone.Softphone, guard: softphone.Guard
) -> None:
    callee.answer_with(softphone.Answering(guard=guard))
    near = await dial(caller, callee)
    await near.answered(timeout=10)
    far = await callee.next_call(timeout=10)
    assert len(near.signalling.responses(guard.code)) == 1
    assert far.invite.cseq == 2
    with pytest.raises(softphone.Deadline):
        await callee.next_call(timeout=0)


@pytest.mark.parametrize("password", ["wrong", None])
async def test_other_credentials_or_none_do_not_ring(
    caller: softphone.Softphone, callee: softphone.Softphone, password: str | None
) -> None:
    callee.answer_with(softphone.Answering(guard=GUARD))
    near = await caller.dial(callee.uri(DIALED), caller=CALLER, username="acme", password=password)
    with pytest.raises(softphone.CallRefused, match="407"):
        await near.answered(timeout=10)
    assert len(near.signalling.requests("INVITE", was_sent=True)) == (1 if password is None else 2)
    assert callee.dialogs == ()
    with pytest.raises(softphone.Deadline):
        await callee.next_call(timeout=0)


async def test_a_stale_nonce_is_replaced_and_the_same_credentials_shown_again(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.Answering(guard=dataclasses.replace(GUARD, stale_nonces=1)))
    near = await dial(caller, callee)
    await near.answered(timeout=10)
    first, second = (exchange.message.headers.get("Proxy-Authenticate") for exchange in near.signalling.responses(407))
    assert "stale" not in (first or "")
    assert "stale=true" in (second or "")


async def test_a_server_to_which_every_nonce_is_stale_is_given_up(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.Answering(guard=dataclasses.replace(GUARD, stale_nonces=100)))
    near = await dial(caller, callee)
    with pytest.raises(softphone.CallRefused, match="407"):
        await near.answered(timeout=10)
    assert len(near.signalling.requests("INVITE", was_sent=True)) == 4


def prove(challenge: messages.Response, *, count: int, uri: str) -> tuple[str, str]:
    credentials = digest.Credentials(username="acme", password="right")
    headers = digest.answer(challenge, method="INVITE", uri=uri, credentials=credentials, count=count)
    return "Proxy-Authorization", headers.get("Proxy-Authorization") or ""


async def test_a_proof_serves_once_and_the_next_needs_a_higher_count(
    callee: softphone.Softphone, peer: RawPeer
) -> None:
    callee.answer_with(softphone.Answering(guard=GUARD, code=486, rings=False))
    uri = callee.uri(DIALED)

    async def sends(code: int, *more: tuple[str, str], call_id: str) -> messages.Response:
        invite = peer.compose("INVITE", uri, ("Call-ID", call_id), *more)
        peer.send(invite, callee.address)
        response = await peer.response(code)
        peer.send(dataclasses.replace(invite, method="ACK"), callee.address)
        return response

    challenge = await sends(407, call_id="a")
    used = prove(challenge, count=1, uri=uri)
    await sends(486, used, call_id="b")
    replayed = await sends(407, used, call_id="c")
    assert "stale=true" in (replayed.headers.get("Proxy-Authenticate") or "")
    await sends(486, prove(challenge, count=2, uri=uri), call_id="d")
    elsewhere = await sends(407, prove(challenge, count=3, uri="sip:other@host"), call_id="e")
    assert "stale" not in (elsewhere.headers.get("Proxy-Authenticate") or "")


def challenge_to(request: messages.Request, *, nonce: str = "n1") -> messages.Response:
    asked = digest.Challenge(realm="lab", nonce=nonce).write()
    return messages.response_to(request, 407, tag="raw", extra=softphone.Headers.of(("Proxy-Authenticate", asked)))


async def test_a_challenged_bye_is_sent_again_with_a_growing_count(caller: softphone.Softphone, peer: RawPeer) -> None:
    call = await caller.dial(peer.uri, caller=CALLER, username="acme", password="right")
    invite = await peer.request("INVITE")
    peer.send(challenge_to(invite), caller.address)
    proven = await peer.request("INVITE")
    assert "nc=00000001" in (proven.headers.get("Proxy-Authorization") or "")
    sdp = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
    contact = softphone.Headers.of(("Contact", f"<{peer.uri}>"))
    peer.send(messages.response_to(proven, 200, tag="raw", extra=contact, sdp=sdp), caller.address)
    await call.answered(timeout=10)
    leaving = asyncio.create_task(call.hang_up())
    first = await peer.request("BYE")
    assert "Proxy-Authorization" not in first.headers
    peer.send(challenge_to(first), caller.address)
    second = await peer.request("BYE")
    while second.cseq == first.cseq:
        second = await peer.request("BYE")
    assert second.cseq == first.cseq + 1
    proof = digest.Proof.read(second.headers.get("Proxy-Authorization") or "")
    assert proof is not None
    assert proof.count == 2
    assert proof.is_right(method="BYE", credentials=GUARD.credentials, algorithm=softphone.Algorithm.MD5)
    peer.send(messages.response_to(second, 200), caller.address)
    assert (await leaving).by is softphone.EndedBy.PHONE


def test_the_password_of_a_guard_is_not_in_its_repr() -> None:
    assert "right" not in repr(GUARD)

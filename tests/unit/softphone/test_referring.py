"""REFER within a call: taken, refused, and got wrong in every way."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from lab import softphone
from lab.softphone import messages, methods, referrings
from tests.unit.softphone.conftest import CALLER, DIALED
from tests.unit.softphone.raw_peer import RawPeer
from tests.unit.softphone.referrer import OFFER, Referrer, summary

pytestmark = pytest.mark.unit

HUMAN = "+12015550177"


@pytest.fixture
async def referrer(peer: RawPeer, callee: softphone.Softphone) -> AsyncIterator[Referrer]:
    yield Referrer(peer, callee)
    for call in callee.dialogs:
        call.abandon()  # the peer answers nothing any more


@pytest.fixture
async def human() -> AsyncIterator[softphone.Softphone]:
    """Who a call is referred to: rings."""
    async with softphone.Softphone.open() as phone:
        phone.answer_with(softphone.RINGS_FOREVER)
        yield phone


async def test_a_referred_phone_calls_who_is_named_tells_how_it_goes_and_hangs_up(
    referrer: Referrer, callee: softphone.Softphone, human: softphone.Softphone
) -> None:
    callee.refer_with(softphone.Referring(proxy=human.address))
    call = await referrer.call()
    by = ("Referred-By", "<sip:desk@example.com>")
    response = await referrer.refer(f"<tel:{HUMAN}>", by, ("X-Case", "7"))
    far = await human.next_call(timeout=10)
    told = [await referrer.news(), await referrer.news()]
    far.answer()
    told.append(await referrer.news())
    assert summary(await referrer.news()) == "BYE"

    assert [summary(notify) for notify in told] == ["100 active", "180 active", "200 terminated"]
    assert [notify.headers.get("Event") for notify in told] == [f"refer;id={response.cseq}"] * 3
    assert [notify.cseq for notify in told] == [1, 2, 3]
    assert told[0].headers.get("Content-Type") == "message/sipfrag;version=2.0"
    assert told[2].body == b"SIP/2.0 200 OK\r\n"
    assert told[0].contact == callee.uri(DIALED)
    assert (far.dialed, far.caller, far.invite.headers.get("Referred-By")) == (HUMAN, DIALED, by[1])
    assert (await call.ended(timeout=10)).by is softphone.EndedBy.PHONE
    (referral,) = call.referrals
    assert (referral.refer_to, referral.referred_by) == (f"tel:{HUMAN}", by[1])
    assert referral.headers.get("X-Case") == "7"
    assert referral.at_s == pytest.approx(call.timeline.referred_s, abs=0.5)
    assert [(note.code, note.answer) for note in referral.notifications] == [(100, 200), (180, 200), (200, 200)]
    assert referral.call is not None
    assert referral.call.is_up


async def test_a_refer_that_comes_again_is_answered_again_and_counts_once(
    referrer: Referrer, callee: softphone.Softphone
) -> None:
    callee.refer_with(referrings.NEVER_NOTIFIES)
    call = await referrer.call()
    refer = referrer.send("REFER", ("Refer-To", f"tel:{HUMAN}"))
    await referrer.peer.response(202)
    referrer.repeat(refer)
    assert (await referrer.peer.response(202)).cseq == refer.cseq
    assert await call.referred(timeout=10) is call.referrals[0]
    assert len(call.referrals) == 1
    with pytest.raises(softphone.Deadline):
        await call.referred(2, timeout=0)


async def test_a_phone_that_was_not_told_does_not_know_refer(referrer: Referrer) -> None:
    call = await referrer.call()
    response = await referrer.refer("sip:anna@example.com", code=405)
    assert response.headers.get("Allow") == methods.WITHOUT_REFER[1]
    assert call.referrals[0].call is None
    assert call.is_up


async def test_one_call_can_be_told_otherwise_and_a_reset_forgets_what_the_phone_was_told(
    referrer: Referrer, callee: softphone.Softphone
) -> None:
    callee.refer_with(referrings.refuses(501))
    call = await referrer.call()
    await referrer.refer("tel:1", code=501)
    callee.reset()
    await referrer.refer("tel:1", code=405)
    call.refer_with(referrings.refuses(603))
    await referrer.refer("tel:1", code=603)
    assert len(call.referrals) == 3


@pytest.mark.parametrize("code", [403, 405, 501, 603])
@pytest.mark.parametrize("has_allow", [True, False])
async def test_a_refusal_has_an_allow_header_or_not(
    referrer: Referrer, callee: softphone.Softphone, code: int, has_allow: bool
) -> None:
    callee.refer_with(referrings.refuses(code, has_allow=has_allow))
    await referrer.call()
    assert ("Allow" in (await referrer.refer("tel:1", code=code)).headers) is has_allow


@pytest.mark.parametrize(
    ("referring", "story"),
    [
        (referrings.SUCCEEDS, ["100 active", "180 active", "200 terminated", "BYE"]),
        (referrings.STAYS, ["100 active", "200 terminated"]),
        (referrings.notifies(486), ["100 active", "486 terminated"]),
        (referrings.notifies(503, after_s=0.02, hangs_up_after_s=0.02), ["100 active", "503 terminated", "BYE"]),
        (referrings.hangs_up(after_s=0.02), ["BYE"]),
        (referrings.ONLY_TRIES, ["100 active"]),
        (referrings.NO_RESULT, ["100 terminated"]),
        (referrings.NO_BODY, ["- terminated"]),
        (referrings.TELLS_TWICE, ["100 active", "200 terminated", "200 terminated", "BYE"]),
    ],
)
async def test_a_script_is_followed_and_nothing_more(
    referrer: Referrer, callee: softphone.Softphone, referring: softphone.Referring, story: list[str]
) -> None:
    callee.refer_with(referring)
    call = await referrer.call()
    await referrer.refer(f"tel:{HUMAN}")
    told = [summary(await referrer.news()) for _ in story]
    assert told == story
    if story[-1] != "BYE":
        referrer.send("OPTIONS")  # whose answer comes next, and no further request before it
        assert (await referrer.peer.receive()).cseq_method == "OPTIONS"
        assert call.is_up


async def test_notifications_can_come_in_the_wrong_order(referrer: Referrer, callee: softphone.Softphone) -> None:
    callee.refer_with(referrings.OUT_OF_ORDER)
    await referrer.call()
    await referrer.refer(f"tel:{HUMAN}")
    assert [(summary(request), request.cseq) for request in [await referrer.news() for _ in range(3)]] == [
        ("100 active", 2),
        ("200 terminated", 1),
        ("BYE", 3),
    ]


async def test_a_refer_can_go_unanswered(referrer: Referrer, callee: softphone.Softphone) -> None:
    callee.refer_with(referrings.UNANSWERED)
    call = await referrer.call()
    refer = referrer.send("REFER", ("Refer-To", f"tel:{HUMAN}"))
    await call.referred(timeout=10)
    referrer.repeat(refer)
    referrer.send("OPTIONS")
    assert (await referrer.peer.response(200)).cseq_method == "OPTIONS"
    assert call.signalling.responses(202) == []
    assert len(call.signalling.requests("REFER")) == 2


def test_every_fault_by_name_is_a_fault_of_its_own() -> None:
    assert len(set(map(str, referrings.FAULTS.values()))) == len(referrings.FAULTS)
    assert str(referrings.SUCCEEDS) not in set(map(str, referrings.FAULTS.values()))
    assert not any(fault.dials for fault in referrings.FAULTS.values())


async def test_a_notification_is_sent_again_until_it_is_answered_or_given_up(peer: RawPeer) -> None:
    async with softphone.Softphone.open(base_timers=softphone.Timers(t1_s=0.005)) as phone:
        phone.answer_with(softphone.Answering())
        phone.refer_with(referrings.STAYS)
        referrer = Referrer(peer, phone)
        call = await referrer.call()
        await referrer.refer(f"tel:{HUMAN}")
        first = await peer.request("NOTIFY")
        second = await peer.request("NOTIFY")
        assert (first.branch, first.cseq) == (second.branch, second.cseq)
        while (request := await peer.request("NOTIFY")).cseq == first.cseq:
            pass
        referrer.peer.send(messages.response_to(request, 481), phone.address)
        async with asyncio.timeout(10):
            while len(call.referrals[0].notifications) < 2:
                await asyncio.sleep(0.01)
        assert [note.answer for note in call.referrals[0].notifications] == [None, 481]
        call.abandon()


@pytest.mark.parametrize(
    ("refer_to", "dialed"),
    [(f"tel:{HUMAN};phone-context=x", HUMAN), (f"<tel:{HUMAN}>", HUMAN), ("tel:911", "desk"), ("<sip:{}>", "anna")],
)
async def test_numbers_and_uris_are_reached(
    referrer: Referrer, callee: softphone.Softphone, human: softphone.Softphone, refer_to: str, dialed: str
) -> None:
    callee.refer_with(softphone.Referring(proxy=human.address, numbers={"911": human.uri("desk")}))
    await referrer.call()
    await referrer.refer(refer_to.format(human.uri("anna").removeprefix("sip:")))
    assert (await human.next_call(timeout=10)).dialed == dialed


@pytest.mark.parametrize("refer_to", ["tel:+12015550178", "sip:", "mailto:anna@example.com", ""])
async def test_who_is_reached_nowhere_is_not_found(
    referrer: Referrer, callee: softphone.Softphone, refer_to: str
) -> None:
    callee.refer_with(softphone.Referring(numbers={HUMAN: "sip:nobody@127.0.0.1:9"}))
    call = await referrer.call()
    await referrer.refer(refer_to)
    assert await referrer.story("404 terminated") == ["404 terminated"]
    assert call.referrals[0].call is None


@pytest.mark.parametrize("code", [486, 603])
async def test_a_refusal_of_the_new_call_is_told_and_the_old_one_goes_on(
    referrer: Referrer, callee: softphone.Softphone, human: softphone.Softphone, code: int
) -> None:
    human.answer_with(softphone.Answering(code=code, after_s=0.01))
    callee.refer_with(softphone.Referring(proxy=human.address, has_event_id=False))
    call = await referrer.call()
    await referrer.refer(f"tel:{HUMAN}")
    told = await referrer.news()
    assert (summary(told), told.headers.get("Event")) == ("100 active", "refer")
    assert (await referrer.story(f"{code} terminated"))[-1] == f"{code} terminated"
    assert call.is_up


async def test_the_new_call_outlives_the_one_in_which_it_was_asked_for(
    referrer: Referrer, callee: softphone.Softphone, human: softphone.Softphone
) -> None:
    callee.refer_with(softphone.Referring(proxy=human.address))
    call = await referrer.call()
    await referrer.refer(f"tel:{HUMAN}")
    far = await human.next_call(timeout=10)
    referrer.send("BYE")
    await call.ended(timeout=10)
    far.answer()
    await far.acked(timeout=10)
    new = call.referrals[0].call
    assert callee.dialogs == (new,)
    assert new is not None
    await new.hang_up()


async def test_a_new_call_that_is_hung_up_while_it_rings_is_told_as_terminated(
    referrer: Referrer, callee: softphone.Softphone, human: softphone.Softphone
) -> None:
    callee.refer_with(softphone.Referring(proxy=human.address))
    call = await referrer.call()
    await referrer.refer(f"tel:{HUMAN}")
    await human.next_call(timeout=10)
    new = call.referrals[0].call
    assert new is not None
    new.leave()
    assert (await referrer.story("487 terminated"))[-1] == "487 terminated"


async def test_before_the_answer_there_is_nothing_to_refer(referrer: Referrer, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.RINGS_FOREVER)
    callee.refer_with(referrings.SUCCEEDS)
    call = await referrer.call(180)
    await referrer.refer(f"tel:{HUMAN}", code=481)
    assert call.referrals == ()


async def test_a_caller_can_be_referred_too(
    peer: RawPeer, caller: softphone.Softphone, human: softphone.Softphone
) -> None:
    caller.refer_with(softphone.Referring(proxy=human.address))
    call = await caller.dial(peer.uri, caller=CALLER)
    invite = await peer.request("INVITE")
    contact = softphone.Headers.of(("Contact", f"<{peer.uri}>"))
    peer.send(messages.response_to(invite, 200, tag="raw", extra=contact, sdp=OFFER), caller.address)
    await call.answered(timeout=10)
    dialog = (
        ("From", f"{invite.required('To')};tag=raw"),
        ("To", invite.required("From")),
        ("Call-ID", invite.call_id),
    )
    peer.send(peer.compose("REFER", caller.uri(CALLER), *dialog, ("Refer-To", f"tel:{HUMAN}")), caller.address)
    await peer.response(202)
    notify = await peer.request("NOTIFY")
    assert (summary(notify), notify.cseq, notify.from_tag, notify.to_tag) == ("100 active", 2, invite.from_tag, "raw")
    assert (await human.next_call(timeout=10)).caller == CALLER
    assert (await call.referred(timeout=10)).call is not None
    call.abandon()

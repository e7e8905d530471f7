"""Blind transfers: by the caller's carrier where it takes them over, else in the call's own room."""

from __future__ import annotations

import pytest

from callcore import contract, endings, transfer_wishes, transfers
from dispatch.livekit import referring
from dispatch.transfers import partings, refusals
from tests.unit.dispatch import doubles, samples
from tests.unit.dispatch.transfers import desks
from tests.unit.dispatch.transfers.desks import FIRST, RESULT, SECOND, SEEN, STATE

pytestmark = pytest.mark.unit

BLIND = transfers.Kind.BLIND
REFER, DIAL = transfers.Method.REFER, transfers.Method.DIAL
REFUSED = referring.Referral(result=RESULT.REJECTED, sip_status_code=603, is_refused=True)
TAKEN = referring.Referral(result=RESULT.ANSWERED)
UNKNOWN = referring.Referral(result=RESULT.UNKNOWN)


async def asked(desk: desks.Desk, *to: str, is_held: bool = True) -> transfers.Transfer:
    """The caller's carrier is asked to connect them."""
    desk.referring.is_worth = True
    by = transfer_wishes.Requester.AGENT
    transfer = await desk.request(
        BLIND, wish=desks.wish(*to), requested_by=by, request_id="fc_1", holder=("AJ_1", 1), is_held=is_held
    )

    async def is_asked() -> bool:
        return bool(desk.referring.asked)

    if is_held:
        await desks.until(is_asked)
    return transfer


@pytest.mark.both_stores
async def test_the_carrier_takes_the_caller_over(desk: desks.Desk) -> None:
    begun = await asked(desk)
    assert (begun.state, begun.identity, begun.attempts[0].method) == (STATE.DIALING, None, REFER)
    desk.referring.answer.set_result(TAKEN)
    await desk.comes_to(STATE.BRIDGED)
    desk.leaves(doubles.CALLER.identity)
    assert (await desk.is_over()).termination == endings.Termination(
        reason=endings.Reason.TRANSFERRED, ended_by=endings.EndedBy.CALLER
    )
    assert await desk.told() == ["requested", "holding", "dialing", "bridged"]
    assert desk.dialer.dials == []


async def test_a_leg_that_the_carrier_leaves_with_us_is_hung_up(
    desk: desks.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partings, "_REFERRED_S", 0.05)
    await asked(desk)
    desk.referring.answer.set_result(TAKEN)
    end = (await desk.is_over()).termination
    assert end is not None
    assert (end.reason, end.ended_by) == (endings.Reason.TRANSFERRED, endings.EndedBy.SYSTEM)
    await desk.closer.aclose()
    assert samples.ROOM in desk.livekit.closed


@pytest.mark.both_stores
async def test_a_carrier_that_takes_no_refer_has_the_destination_dialed(desk: desks.Desk) -> None:
    begun = await asked(desk)
    desk.referring.answer.set_result(REFUSED)
    identity = await desk.rings()
    assert (identity, desk.dialer.dials[0].plays_dialtone) == (f"{begun.id}_2", True)
    desk.dialer.answer(RESULT.ANSWERED, 200)
    bridged = await desk.comes_to(STATE.BRIDGED)
    assert [(attempt.method, attempt.result, attempt.to) for attempt in bridged.attempts] == [
        (REFER, RESULT.REJECTED, FIRST),
        (DIAL, RESULT.ANSWERED, FIRST),
    ]


async def test_what_is_dialed_after_a_refusal_is_one_destination(desk: desks.Desk) -> None:
    await asked(desk, FIRST, SECOND)
    desk.referring.answer.set_result(REFUSED)
    await desk.rings()
    desk.referring.is_worth = False
    desk.dialer.answer(RESULT.BUSY, 486)
    await desk.rings(2)
    desk.dialer.answer(RESULT.BUSY, 486)
    returned = await desk.comes_to(STATE.RETURNED)
    assert [attempt.to for attempt in returned.attempts] == [FIRST, FIRST, SECOND]


async def test_what_nobody_knows_is_never_dialed(desk: desks.Desk) -> None:
    await asked(desk, FIRST, SECOND)
    desk.referring.answer.set_result(UNKNOWN)
    returned = await desk.comes_to(STATE.RETURNED)
    assert [attempt.result for attempt in returned.attempts] == [RESULT.UNKNOWN]
    await desk.idle()
    assert (desk.dialer.dials, desk.referring.asked) == ([], [FIRST])


async def test_a_destination_that_is_busy_is_the_carriers_word(desk: desks.Desk) -> None:
    await asked(desk)
    desk.referring.answer.set_result(referring.Referral(result=RESULT.BUSY, sip_status_code=486))
    returned = await desk.comes_to(STATE.RETURNED)
    assert [(attempt.result, attempt.sip_status_code) for attempt in returned.attempts] == [(RESULT.BUSY, 486)]


async def test_the_caller_was_gone_before(desk: desks.Desk) -> None:
    await asked(desk)
    desk.referring.answer.set_result(referring.Referral(result=RESULT.CANCELLED))
    await desk.comes_to(STATE.CANCELLED)


async def test_the_end_of_the_call_tells_that_the_carrier_took_the_caller_over(desk: desks.Desk) -> None:
    await asked(desk)
    over = samples.ENDED.model_copy(update={"reason": endings.Reason.TRANSFERRED, "ended_by": endings.EndedBy.CALLER})
    await desk.deliver(over, first=4)
    assert (await desk.row()).state is STATE.BRIDGED
    desk.referring.answer.set_result(UNKNOWN)
    await desk.idle()
    assert (await desk.row()).state is STATE.BRIDGED


async def test_a_carrier_that_was_asked_cannot_be_called_off(desk: desks.Desk) -> None:
    transfer = await asked(desk)
    for try_next in (False, True):
        with pytest.raises(refusals.NotConsulting):
            await desk.transfers.cancel(desk.call_id, transfer.id, try_next=try_next)
    assert (await desk.row()).state is STATE.DIALING


async def test_without_a_carrier_to_ask_the_destination_is_dialed_at_once(desk: desks.Desk) -> None:
    await desk.request(BLIND)
    await desk.says(SEEN.HELD, 0)
    await desk.rings()
    assert (await desk.says(SEEN.PICKED_UP)).state is STATE.BRIDGED
    assert await desk.told() == ["requested", "holding", "dialing", "bridged"]


@pytest.mark.parametrize(
    ("referral", "state"), [(TAKEN, STATE.BRIDGED), (UNKNOWN, STATE.RETURNED)], ids=["gone", "there"]
)
async def test_after_a_crash_the_carrier_is_never_asked_again(
    desk: desks.Desk, referral: referring.Referral, state: transfers.State
) -> None:
    await asked(desk, FIRST, SECOND)
    await desk.crash()
    desk.referring.answer.set_result(referral)
    await desk.comes_to(state)
    assert (desk.referring.asked, desk.referring.watched, desk.dialer.dials) == ([FIRST], 1, [])


async def test_a_wish_of_the_agent_waits_for_the_job_where_the_caller_knows_nothing_yet(desk: desks.Desk) -> None:
    await asked(desk, is_held=False)
    assert desk.referring.asked == []
    answer = await desk.says(contract.Seen.HELD, 0)
    assert answer.state is STATE.HOLDING

    async def is_asked() -> bool:
        return bool(desk.referring.asked)

    await desks.until(is_asked)

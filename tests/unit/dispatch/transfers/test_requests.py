"""Who may have a call transferred, and when: before anything is written."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from callcore import calls, errors, transfer_wishes, transfers
from dispatch.ledger import admission
from dispatch.store import calls as call_rows
from dispatch.store import transfers as rows
from dispatch.transfers import destinations, refusals
from tests.unit.dispatch import doubles, samples
from tests.unit.dispatch.transfers import desks
from tests.unit.dispatch.transfers.desks import RESULT, SEEN, STATE

pytestmark = pytest.mark.unit

AGENT: dict[str, Any] = {"requested_by": transfer_wishes.Requester.AGENT, "holder": ("AJ_1", 1)}


async def nothing_is_written(desk: desks.Desk) -> None:
    async with desk.store.reading() as tx:
        assert await rows.of_call(tx, desk.call_id) == ()
    assert (await desk.told(), desk.dialer.dials) == ([], [])


async def is_as(desk: desks.Desk, **changes: Any) -> None:
    """The call is so."""
    async with desk.store.writing() as tx:
        entry = await call_rows.get_for_update(tx, desk.call_id)
        await call_rows.update(tx, entry, dataclasses.replace(entry, call=dataclasses.replace(entry.call, **changes)))


@pytest.mark.both_stores
async def test_of_two_at_once_one_wins(desk: desks.Desk) -> None:
    tries = await asyncio.gather(desk.request(), desk.request(transfers.Kind.BLIND), return_exceptions=True)
    won = [each for each in tries if isinstance(each, transfers.Transfer)]
    lost = [each for each in tries if not isinstance(each, transfers.Transfer)]
    assert (len(won), [type(each) for each in lost]) == (1, [refusals.TransferUnderWay])
    async with desk.store.reading() as tx:
        assert [each.id for each in await rows.of_call(tx, desk.call_id)] == [won[0].id]


@pytest.mark.both_stores
async def test_the_same_tool_call_has_one_transfer(desk: desks.Desk) -> None:
    first, again = await asyncio.gather(*(desk.request(request_id="fc_1", is_held=True, **AGENT) for _ in range(2)))
    assert first.id == again.id
    await desk.rings()
    desk.dialer.answer(RESULT.BUSY, 486)
    returned = await desk.comes_to(STATE.RETURNED)
    assert await desk.request(request_id="fc_1", is_held=True, **AGENT) == returned
    assert len(desk.dialer.dials) == 1
    with pytest.raises(admission.Fenced):
        await desk.request(request_id="fc_1", **{**AGENT, "holder": ("AJ_2", 1)})


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"status": calls.Status.RINGING}, refusals.CallNotInProgress),
        ({"action": calls.Action.VOICEMAIL}, refusals.NoAgent),
        ({"action": None}, refusals.NoAgent),
    ],
)
async def test_a_call_that_no_agent_talks_in(
    desk: desks.Desk, changes: dict[str, Any], refused: type[errors.Conflict]
) -> None:
    await is_as(desk, **changes)
    with pytest.raises(refused):
        await desk.request()
    await nothing_is_written(desk)


async def test_a_job_is_ahead_of_what_it_reported(desk: desks.Desk) -> None:
    await is_as(desk, status=calls.Status.RINGING, action=None)
    assert (await desk.request(**AGENT)).state is STATE.REQUESTED


async def test_a_call_that_is_over(desk: desks.Desk) -> None:
    await desk.deliver(samples.ENDED, first=4)
    with pytest.raises(refusals.CallNotInProgress):
        await desk.request()
    with pytest.raises(admission.CallOver):
        await desk.request(**AGENT)
    await nothing_is_written(desk)


async def test_a_call_that_was_transferred_already(desk: desks.Desk) -> None:
    await desk.bridged()
    with pytest.raises(refusals.AlreadyTransferred):
        await desk.request()


@pytest.mark.parametrize(
    ("to", "refused"),
    [
        ("+19005550123", errors.PolicyRefused),
        ("sip:911@pbx.example", errors.PolicyRefused),
        ("sip:17@elsewhere.example", errors.PolicyRefused),
        ("17", errors.BadInput),
    ],
)
async def test_one_destination_that_must_not_be_dialed_is_enough(
    desk: desks.Desk, to: str, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        await desk.request(wish=desks.wish(desks.FIRST, to))
    await nothing_is_written(desk)


async def test_a_number_of_ours_that_is_shown_must_be_there(desk: desks.Desk) -> None:
    with pytest.raises(destinations.NotDialable):
        await desk.request(wish=desks.wish(sender="+12015550177"))
    shown = desks.wish(sender=doubles.DIALED)
    await desk.request(wish=shown)
    await desk.says(SEEN.HELD, 0)
    await desk.rings()
    assert desk.dialer.dials[0].route.caller == doubles.DIALED


async def test_what_an_operator_may_not_do(desk: desks.Desk) -> None:
    transfer = await desk.request()
    with pytest.raises(refusals.NotConsulting):
        await desk.transfers.complete(desk.call_id, transfer.id)
    with pytest.raises(refusals.NotConsulting):
        await desk.transfers.cancel(desk.call_id, transfer.id, try_next=True)
    with pytest.raises(rows.NoSuchTransfer):
        await desk.transfers.cancel(desk.call_id, "tr_other", try_next=False)
    await desk.transfers.cancel(desk.call_id, transfer.id, try_next=False)
    with pytest.raises(refusals.NotConsulting):
        await desk.transfers.complete(desk.call_id, transfer.id)
    for try_next in (False, True):
        with pytest.raises(refusals.TransferOver):
            await desk.transfers.cancel(desk.call_id, transfer.id, try_next=try_next)


async def test_another_job_has_no_say(desk: desks.Desk) -> None:
    await desk.request()
    with pytest.raises(admission.Fenced):
        await desk.says(SEEN.HELD, 0, job_id="AJ_2")
    assert (await desk.row()).state is STATE.REQUESTED

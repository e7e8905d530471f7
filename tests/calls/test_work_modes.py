"""What a number does in and off the business's hours; without dispatch: see `test_dispatch_out`."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cli import api
from lab import labs, softphone
from tests.calls import clocks, dialing, hearing, lines, standing, voicemails, work_modes

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

ANSWER_S = 10.0
FORWARDED = "+12015550131"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def night(lab: labs.Lab) -> AsyncIterator[labs.Lab]:
    """The lab off hours, from the first test that wants it to the end of the module."""
    async with clocks.off_hours(lab):
        yield lab


async def test_in_hours_the_agent_answers(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    numbers = (lines.MESSAGE_OFF_HOURS, lines.VOICEMAIL_OFF_HOURS, lines.FORWARD_OFF_HOURS)
    calls = [await phone.dial(standing.uri(lab, number), caller=standing.CALLER) for number in numbers]
    await asyncio.gather(*(call.answered(timeout=ANSWER_S) for call in calls))
    await asyncio.gather(*(call.hears_speech(timeout=5, since_s=0) for call in calls))
    await asyncio.gather(*(call.hears_silence(for_s=1.0, timeout=15, since_s=call.now_s) for call in calls))
    await asyncio.gather(*(call.hang_up() for call in calls))
    assert [hearing.says(call, lines.OTHER_GREETING) for call in calls] == [True] * 3
    rows = await standing.new_rows(ledger, known, 3)
    assert {row["to"]: row["agentId"] for row in rows} == dict.fromkeys(numbers, "second-desk")
    await standing.settles(lab, phone)


async def test_off_hours_a_message_is_spoken_or_another_phone_rings(
    night: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone, ledger: api.Api
) -> None:
    """Depending on the number; both at the same time."""
    known = await standing.known_calls(ledger)
    closed, _ = await asyncio.gather(
        work_modes.hears_closed(night, phone, standing.CALLER), another_phone_rings(night, phone, callee)
    )
    work_modes.assert_heard_closed(closed)
    row = await standing.ended_call_from(ledger, known, standing.CALLER)
    assert (row["agentId"], row["action"]) == (None, "message")
    assert row["termination"]["endedBy"] != "caller"
    assert row["answeredAt"] is not None
    row = await standing.ended_call_from(ledger, known, FORWARDED)
    assert row["agentId"] is None
    await standing.settles(night, phone)


async def another_phone_rings(lab: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone) -> None:
    callee.answer_with(softphone.Answering(), user=lines.OFF_HOURS_CALLEE)
    near = await phone.dial(standing.uri(lab, lines.FORWARD_OFF_HOURS), caller=FORWARDED)
    far = await callee.next_call(timeout=ANSWER_S)
    await far.hears_silence(for_s=0.1, timeout=5)
    await near.hang_up()
    await far.ended(timeout=5)


@pytest.mark.long  # `test_dispatch_out` leaves one in the same way
async def test_off_hours_a_message_is_taken(night: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(night, lines.VOICEMAIL_OFF_HOURS), caller=standing.CALLER)
    await call.answered(timeout=ANSWER_S)
    said = await voicemails.leave(call)
    (row,) = await standing.new_rows(ledger, known, 1)
    await voicemails.assert_kept(night, ledger, row["callId"], said)
    await standing.settles(night, phone)


async def test_off_hours_nobody_is_called(night: labs.Lab, callee: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    with pytest.raises(api.ApiRefused) as caught:
        await dialing.place(ledger, lines.ROUTED_CALLER)
    assert caught.value.code == "quiet_hours"
    assert caught.value.retry_at is not None
    assert await standing.known_calls(ledger) == known
    assert await dialing.further_calls(callee) == 0

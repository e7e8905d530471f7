"""What a number does in and off the business's hours."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cli import api
from lab import labs, softphone
from tests.calls import clocks, dialing, hearing, lines, standing, voicemails

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

ANSWER_S = 10.0
MESSAGE_S = 20.0


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


async def hears_closed(lab: labs.Lab, phone: softphone.Softphone) -> None:
    call = await phone.dial(standing.uri(lab, lines.MESSAGE_OFF_HOURS), caller=standing.CALLER)
    await call.answered(timeout=ANSWER_S)
    assert (await call.ended(timeout=MESSAGE_S)).by is softphone.EndedBy.PEER
    assert hearing.says(call, lines.CLOSED)
    assert not hearing.says(call, lines.OTHER_GREETING)


async def test_off_hours_a_message_is_spoken(night: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    await hears_closed(night, phone)
    (row,) = await standing.new_rows(ledger, known, 1)
    assert (row["agentId"], row["action"]) == (None, "message")
    assert row["termination"]["endedBy"] != "caller"
    assert row["answeredAt"] is not None
    await standing.settles(night, phone)


@pytest.mark.long  # the last test leaves one in the same way
async def test_off_hours_a_message_is_taken(night: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(night, lines.VOICEMAIL_OFF_HOURS), caller=standing.CALLER)
    await call.answered(timeout=ANSWER_S)
    said = await voicemails.leave(call)
    (row,) = await standing.new_rows(ledger, known, 1)
    await voicemails.assert_kept(night, ledger, row["callId"], said)
    await standing.settles(night, phone)


async def test_off_hours_another_phone_rings(
    night: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone, ledger: api.Api
) -> None:
    known = await standing.known_calls(ledger)
    callee.answer_with(softphone.Answering(), user=lines.OFF_HOURS_CALLEE)
    near = await phone.dial(standing.uri(night, lines.FORWARD_OFF_HOURS), caller=standing.CALLER)
    far = await callee.next_call(timeout=ANSWER_S)
    await far.hears_silence(for_s=0.1, timeout=5)
    await near.hang_up()
    await far.ended(timeout=5)
    (row,) = await standing.new_rows(ledger, known, 1)
    assert row["agentId"] is None
    await standing.settles(night, phone)


async def test_off_hours_nobody_is_called(night: labs.Lab, callee: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    with pytest.raises(api.ApiRefused) as caught:
        await dialing.place(ledger, lines.ROUTED_CALLER)
    assert caught.value.code == "quiet_hours"
    assert caught.value.retry_at is not None
    assert await standing.known_calls(ledger) == known
    assert await dialing.further_calls(callee) == 0


async def test_without_dispatch_the_worker_knows_the_hours(night: labs.Lab, phone: softphone.Softphone) -> None:
    """By its snapshot and its own clock; and a message that was left goes to dispatch when that is back."""
    async with standing.ledger_of(night) as ledger:
        known = await standing.known_calls(ledger)
    await clocks.are_known_to_worker(night)
    await night.dispatch.stop()
    call = await phone.dial(standing.uri(night, lines.VOICEMAIL_OFF_HOURS), caller=standing.CALLER)
    await call.answered(timeout=ANSWER_S)
    said, _ = await asyncio.gather(voicemails.leave(call), hears_closed(night, phone))
    await night.dispatch.start()
    await night.ready()
    async with standing.ledger_of(night) as ledger:
        rows = await standing.new_rows(ledger, known, 2)
        (left,) = [row for row in rows if row["to"] == lines.VOICEMAIL_OFF_HOURS]
        await voicemails.assert_kept(night, ledger, left["callId"], said)
    await standing.settles(night, phone)

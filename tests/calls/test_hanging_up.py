"""However a call ends, it ends for everybody, and the ledger says why; the agent hangs up in `test_conversations`."""

import asyncio

import pytest

from cli import api
from lab import labs, softphone
from tests.calls import standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

GREETING_S = 10.0


async def greeted(lab: labs.Lab, phone: softphone.Softphone) -> softphone.OutgoingCall:
    call = await phone.dial(standing.uri(lab), caller=standing.CALLER)
    await call.answered(timeout=GREETING_S)
    await call.hears_speech(timeout=GREETING_S, since_s=0)
    return call


async def test_the_caller_hangs_up(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    call = await greeted(lab, phone)
    await call.hang_up()

    row = await standing.ended_call(ledger, (await standing.new_call(ledger, known))["callId"])
    assert row["termination"]["reason"] == "caller_hangup"
    assert row["termination"]["result"] == "success"
    assert row["termination"]["endedBy"] == "caller"
    assert row["from"] == standing.CALLER
    assert row["to"] == standing.NUMBER
    assert row["durationSeconds"] == pytest.approx(call.timeline.ended_s - call.timeline.answered_s, abs=1.0)
    assert await standing.event_types(ledger, row["callId"]) == [
        "call.ringing",
        "call.routed",
        "call.answered",
        "call.hangup",
    ]
    routed = (await ledger.events(row["callId"]))[1]
    assert routed["data"]["decided_by"] == "dispatch"
    await standing.settles(lab, phone)


async def gives_up(lab: labs.Lab, phone: softphone.Softphone, *, after_s: float) -> None:
    call = await phone.dial(standing.uri(lab), caller=standing.CALLER)
    await call.ringing(timeout=5)
    await asyncio.sleep(after_s)
    await call.hang_up()
    assert call.ending is not None
    assert call.ending.by is softphone.EndedBy.CANCELLED


async def test_callers_give_up_while_it_rings(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    await asyncio.gather(*(gives_up(lab, phone, after_s=after_s) for after_s in (0.0, 0.15, 0.3, 0.45)))
    await standing.settles(lab, phone)
    for call_id in await standing.known_calls(ledger) - known:
        row = await ledger.call(call_id)
        assert row["termination"]["reason"] == "cancelled"
        assert row["answeredAt"] is None


async def test_an_operator_hangs_up_through_the_api(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    call = await greeted(lab, phone)
    row = await standing.new_call(ledger, known)
    await ledger.hang_up(row["callId"])
    ending = await call.ended(timeout=5)

    assert ending.by is softphone.EndedBy.PEER
    row = await standing.ended_call(ledger, row["callId"])
    assert row["durationSeconds"] == pytest.approx(call.timeline.ended_s - call.timeline.answered_s, abs=1.0)
    assert row["termination"] == {
        "result": "success",
        "reason": "operator_hangup",
        "sipStatusCode": None,
        "sipStatus": None,
        "endedBy": "operator",
    }
    again = await ledger.hang_up(row["callId"])
    assert again == row
    await standing.settles(lab, phone)


async def test_a_killed_job_ends_its_call(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    call = await greeted(lab, phone)
    row = await standing.new_call(ledger, known)
    standing.kill_job(lab)
    ending = await call.ended(timeout=10)

    assert ending.by is softphone.EndedBy.PEER
    row = await standing.ended_call(ledger, row["callId"])
    assert row["termination"]["reason"] == "worker_lost"
    assert row["termination"]["result"] == "server_error"
    await standing.settles(lab, phone)

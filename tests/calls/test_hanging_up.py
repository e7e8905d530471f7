"""However a call ends, it ends for everybody, and the ledger says why."""

import asyncio

import pytest

from cli import api
from lab import labs, softphone, speech
from tests.calls import standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

GREETING_S = 10.0
SILENCE_S = 1.0


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


async def test_a_phone_whose_network_is_gone_does_not_hold_the_line_and_in_another_call_the_agent_hangs_up(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api
) -> None:
    """livekit-sip ends a leg 15 s after the last packet of sound."""
    known = await standing.known_calls(ledger)
    gone = await greeted(lab, phone)
    gone_id = (await standing.new_call(ledger, known))["callId"]
    gone.stop_rtp()
    _, ending = await asyncio.gather(the_agent_hangs_up(lab, phone, ledger), gone.ended(timeout=40))
    assert ending.by is softphone.EndedBy.PEER
    await standing.ended_call(ledger, gone_id)
    await standing.settles(lab, phone)


async def the_agent_hangs_up(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    call = await greeted(lab, phone)
    await call.hears_silence(for_s=SILENCE_S, timeout=20)
    said = await call.play(await speech.say_async("Goodbye"))
    ending = await call.ended(timeout=20)

    assert ending.by is softphone.EndedBy.PEER
    assert call.speech_heard(said.end_s), "the agent says goodbye before it hangs up"
    row = await standing.ended_call(ledger, (await standing.new_call(ledger, known))["callId"])
    assert row["termination"]["reason"] == "agent_hangup"
    assert row["outcome"] == "completed"
    assert [turn["role"] for turn in row["transcript"]] == ["agent", "user", "agent"]
    assert "goodbye" in row["transcript"][1]["message"].lower()


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

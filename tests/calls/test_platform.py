"""What the stack beneath does to a call that is up."""

import asyncio

import pytest

from cli import api
from lab import labs, softphone, speech
from tests.calls import standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]


async def test_a_restart_of_livekit_server_leaves_one_agent_in_the_call(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api
) -> None:
    """The room is made anew by its rule, with a second job: that one has to leave the call to the first."""
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab), caller=standing.CALLER)
    await call.answered(timeout=10)
    await call.hears_speech(timeout=10, since_s=0)
    await call.hears_silence(for_s=1.0, timeout=20)
    await lab.components["livekit"].restart()
    await asyncio.sleep(8.0)  # the legs rejoin about 5 s after the server is back
    assert call.is_up
    await call.hears_silence(for_s=1.0, timeout=30)
    said = await call.play(await speech.say_async("What are your opening hours?"))
    await call.hears_speech(timeout=10, since_s=said.end_s)
    await call.hears_silence(for_s=1.0, timeout=20)
    await call.play(await speech.say_async("That will be all, goodbye"))
    assert (await call.ended(timeout=20)).by is softphone.EndedBy.PEER

    row = await standing.ended_call(ledger, (await standing.new_call(ledger, known))["callId"])
    assert [turn["role"] for turn in row["transcript"]] == ["agent", "user", "agent", "user", "agent"]
    events = await standing.event_types(ledger, row["callId"])
    assert events.count("call.answered") == 1
    assert events.count("call.tool_called") == 1
    assert row["termination"]["reason"] == "agent_hangup"
    await standing.settles(lab, phone, timeout=60)

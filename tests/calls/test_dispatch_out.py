"""A dispatch that is down costs no call and loses no record."""

import pytest

from lab import labs, softphone, speech
from tests.calls import standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]


async def ask(call: softphone.OutgoingCall, text: str) -> None:
    """Say something when the agent has finished, and hear an answer."""
    await call.hears_speech(timeout=10, since_s=0)
    await call.hears_silence(for_s=1.0, timeout=30)
    said = await call.play(await speech.say_async(text))
    await call.hears_speech(timeout=10, since_s=said.end_s)


async def assert_complete(lab: labs.Lab, known: set[str]) -> None:
    async with standing.ledger_of(lab) as ledger:
        row = await standing.ended_call(ledger, (await standing.new_call(ledger, known, timeout=30))["callId"])
        assert row["termination"]["reason"] == "agent_hangup"
        assert row["agentId"] == "front-desk"
        assert [turn["role"] for turn in row["transcript"]] == ["agent", "user", "agent", "user", "agent"]
        assert await standing.event_types(ledger, row["callId"]) == [
            "call.ringing",
            "call.routed",
            "call.answered",
            "call.tool_called",
            "call.hangup",
        ]
        routed = (await ledger.events(row["callId"]))[1]
        assert routed["data"]["decided_by"] == "snapshot"


async def test_down_at_the_start_and_back_before_the_end(lab: labs.Lab, phone: softphone.Softphone) -> None:
    async with standing.ledger_of(lab) as ledger:
        known = await standing.known_calls(ledger)
    await lab.dispatch.stop()
    call = await phone.dial(standing.uri(lab), caller=standing.CALLER)
    await call.answered(timeout=10)
    await ask(call, "What are your opening hours?")
    await lab.dispatch.start()
    await lab.ready()
    await ask(call, "Goodbye")
    assert (await call.ended(timeout=20)).by is softphone.EndedBy.PEER

    await assert_complete(lab, known)
    await standing.settles(lab, phone)


async def test_back_only_after_the_end(lab: labs.Lab, phone: softphone.Softphone) -> None:
    async with standing.ledger_of(lab) as ledger:
        known = await standing.known_calls(ledger)
    await lab.dispatch.stop()
    call = await phone.dial(standing.uri(lab), caller=standing.CALLER)
    await call.answered(timeout=10)
    await ask(call, "What are your opening hours?")
    await ask(call, "Goodbye")
    assert (await call.ended(timeout=20)).by is softphone.EndedBy.PEER
    await lab.dispatch.start()
    await lab.ready()

    await assert_complete(lab, known)
    await standing.settles(lab, phone)


async def test_down_in_the_middle(lab: labs.Lab, phone: softphone.Softphone) -> None:
    async with standing.ledger_of(lab) as ledger:
        known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab), caller=standing.CALLER)
    await call.answered(timeout=10)
    await ask(call, "What are your opening hours?")
    await lab.dispatch.kill()
    await ask(call, "Goodbye")
    assert (await call.ended(timeout=20)).by is softphone.EndedBy.PEER
    await lab.dispatch.start()
    await lab.ready()

    async with standing.ledger_of(lab) as ledger:
        row = await standing.ended_call(ledger, (await standing.new_call(ledger, known, timeout=30))["callId"])
        assert row["termination"]["reason"] == "agent_hangup"
        assert len(row["transcript"]) == 5
    await standing.settles(lab, phone)

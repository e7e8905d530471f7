"""A dispatch that is down costs no call and loses no record."""

import asyncio

import pytest

from cli import api
from lab import labs, softphone, speech
from tests.calls import clocks, lines, standing, voicemails, work_modes

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

FROM_BEFORE, ONLY_WITHOUT, UNTIL_AFTER = "+12015550181", "+12015550182", "+12015550183"
"""Callers, by how their calls lie to the time in which dispatch is out."""
LEAVES_MESSAGE, HEARS_CLOSED = "+12015550184", "+12015550185"
"""Callers in that time of numbers that go by the hours of the business."""


async def dial(lab: labs.Lab, phone: softphone.Softphone, caller: str) -> softphone.OutgoingCall:
    call = await phone.dial(standing.uri(lab, lines.OTHER_DESK), caller=caller)
    await call.answered(timeout=10)
    return call


async def ask(call: softphone.OutgoingCall, text: str) -> None:
    """Say something when the agent has finished, and hear an answer."""
    await call.hears_speech(timeout=10, since_s=0)
    await call.hears_silence(for_s=1.0, timeout=30)
    said = await call.play(await speech.say_async(text))
    await call.hears_speech(timeout=10, since_s=said.end_s)


async def say_goodbye(call: softphone.OutgoingCall) -> None:
    await ask(call, "Goodbye")
    assert (await call.ended(timeout=20)).by is softphone.EndedBy.PEER


async def say_all(call: softphone.OutgoingCall) -> None:
    await ask(call, lines.QUESTION)
    await say_goodbye(call)


async def assert_complete(ledger: api.Api, known: set[str], caller: str, *, decided_by: str) -> None:
    row = await standing.ended_call_from(ledger, known, caller)
    assert row["termination"]["reason"] == "agent_hangup"
    assert row["agentId"] == "second-desk"
    assert [turn["role"] for turn in row["transcript"]] == ["agent", "user", "agent", "user", "agent"]
    assert await standing.event_types(ledger, row["callId"]) == [
        "call.ringing",
        "call.routed",
        "call.answered",
        "call.tool_called",
        "call.hangup",
    ]
    routed = (await ledger.events(row["callId"]))[1]
    assert routed["data"]["decided_by"] == decided_by


async def test_no_call_notices_and_every_record_is_complete(lab: labs.Lab, phone: softphone.Softphone) -> None:
    """Numbers that go by hours still do, by the worker's snapshot and clock; and it keeps what is left to dispatch."""
    async with standing.ledger_of(lab) as ledger, clocks.off_hours(lab):
        known = await standing.known_calls(ledger)
        before = await dial(lab, phone, FROM_BEFORE)
        await asyncio.gather(ask(before, lines.QUESTION), clocks.are_known_to_worker(lab))
        await lab.dispatch.kill()
        within, after = await asyncio.gather(dial(lab, phone, ONLY_WITHOUT), dial(lab, phone, UNTIL_AFTER))
        _, _, _, said, closed = await asyncio.gather(
            say_goodbye(before),
            say_all(within),
            ask(after, lines.QUESTION),
            leave_message(lab, phone),
            work_modes.hears_closed(lab, phone, HEARS_CLOSED),
        )
        await lab.dispatch.start()
        await lab.ready()
        await say_goodbye(after)

        await assert_complete(ledger, known, FROM_BEFORE, decided_by="dispatch")
        await assert_complete(ledger, known, ONLY_WITHOUT, decided_by="snapshot")
        await assert_complete(ledger, known, UNTIL_AFTER, decided_by="snapshot")
        work_modes.assert_heard_closed(closed)
        row = await standing.ended_call_from(ledger, known, HEARS_CLOSED)
        assert (row["agentId"], row["action"]) == (None, "message")
        left = await standing.ended_call_from(ledger, known, LEAVES_MESSAGE)
        await voicemails.assert_kept(lab, ledger, left["callId"], said)
    await standing.settles(lab, phone)


async def leave_message(lab: labs.Lab, phone: softphone.Softphone) -> softphone.Samples:
    call = await phone.dial(standing.uri(lab, lines.VOICEMAIL_OFF_HOURS), caller=LEAVES_MESSAGE)
    await call.answered(timeout=10)
    return await voicemails.leave(call)

"""What the stack beneath does to a call that is up."""

import asyncio

import pytest

from cli import api
from lab import labs, softphone, speech
from lab.stack import ports, probes
from tests.calls import lines, standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

HEALED_S = 15.0


async def test_a_restart_of_livekit_server_leaves_one_agent_in_the_call(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api
) -> None:
    """The room is made anew by its rule, with a second job: that one has to leave the call to the first."""
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.OTHER_DESK), caller=standing.CALLER)
    await call.answered(timeout=10)
    await call.hears_speech(timeout=10, since_s=0)
    await call.hears_silence(for_s=1.0, timeout=20)
    await lab.components["livekit"].restart()
    await asyncio.sleep(8.0)  # the legs rejoin about 5 s after the server is back
    assert call.is_up
    await call.hears_silence(for_s=1.0, timeout=30)
    said = await call.play(await speech.say_async("That will be all, goodbye"))
    await call.hears_speech(timeout=10, since_s=said.end_s)
    assert (await call.ended(timeout=20)).by is softphone.EndedBy.PEER

    row = await standing.ended_call(ledger, (await standing.new_call(ledger, known))["callId"])
    assert [turn["role"] for turn in row["transcript"]] == ["agent", "user", "agent"]
    events = await standing.event_types(ledger, row["callId"])
    assert events.count("call.answered") == 1
    assert events.count("call.tool_called") == 1
    assert row["termination"]["reason"] == "agent_hangup"
    await standing.settles(lab, phone, timeout=60)


async def test_calls_work_again_after_redis_was_emptied(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api
) -> None:
    """Trunks and rules are gone with it: a call rings for ever until dispatch has made them again by itself."""
    await probes.redis_says(ports.LOOPBACK, lab.site.ports.redis, b"FLUSHALL", lambda answer: answer == b"+OK\r\n")
    async with asyncio.timeout(HEALED_S):
        while not await is_answered(lab):
            pass  # each try takes its time
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab), caller=standing.CALLER)
    await call.answered(timeout=10)
    await call.hears_speech(timeout=10, since_s=0)
    await call.hang_up()
    row = await standing.ended_call(ledger, (await standing.new_call(ledger, known))["callId"])
    assert row["agentId"] == "front-desk"
    await lab.ready()
    await standing.settles(lab, phone)


async def is_answered(lab: labs.Lab) -> bool:
    """Dial with a phone of its own: livekit-sip never ends a call that no rule took, whatever the caller does."""
    async with softphone.Softphone.open() as impatient:
        call = await impatient.dial(standing.uri(lab), caller=standing.CALLER)
        try:
            await call.answered(timeout=3)
        except softphone.PhoneError:
            return False
        await call.hang_up()
        return True

"""The caller may cut in, from the agent's first word."""

import pytest

from cli import api
from lab import labs, softphone, speech
from tests.calls import standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

FALLS_SILENT_S = 2.0  # promised: within a second of speech that is long enough to count


async def test_talking_over_the_greeting_stops_it(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    question = await speech.say_async("I would like to book an appointment for Tuesday at ten")
    call = await phone.dial(standing.uri(lab), caller=standing.CALLER)
    await call.answered(timeout=10)
    await call.hears_speech(timeout=5, since_s=0)
    said = await call.play(question)

    over = call.speech_heard(said.start_s, said.end_s)
    assert over, "the agent was speaking when the caller began"
    assert over[-1].end_s - said.start_s <= FALLS_SILENT_S, "and stopped while the caller went on"
    await call.hears_speech(timeout=5, since_s=said.end_s)
    await call.hears_silence(for_s=1.0, timeout=20, since_s=said.end_s)
    await call.hang_up()

    row = await standing.ended_call(ledger, (await standing.new_call(ledger, known))["callId"])
    greeting, user = row["transcript"][0], row["transcript"][1]
    assert greeting["role"] == "agent"
    assert greeting["interrupted"]
    assert len(greeting["message"]) < len("Thanks for calling Acme Plumbing, this is Ava. How can I help?")
    assert user["role"] == "user"
    assert "tuesday" in user["message"].lower()
    assert "call.interrupted" in await standing.event_types(ledger, row["callId"])
    await standing.settles(lab, phone)

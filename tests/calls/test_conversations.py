"""Whole conversations, side by side, as heard and as kept."""

import asyncio

import aiohttp
import pytest

from cli import api, demonstrating
from lab import labs, softphone, speech
from lab.scenarios import scripts, verdicts
from tests.calls import lines, standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

BESIDE, GONE = "+12015550126", "+12015550127"
FALLS_SILENT_S = 2.0  # promised: within a second of speech that is long enough to count
PAIR = ("+12015550124", "+12015550125")


async def test_the_demonstration_call_passes_its_verdict_beside_calls_that_do_not_hear_each_other(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api
) -> None:
    """And of another call, the stream during it equals the one after it; in one more the caller cuts in.

    Meanwhile a phone whose network is gone does not hold its line.
    """
    known = await standing.known_calls(ledger)
    gone = await phone.dial(standing.uri(lab), caller=GONE)
    await gone.answered(timeout=10)
    call = await phone.dial(standing.uri(lab, lines.OTHER_DESK), caller=BESIDE)
    await call.answered(timeout=10)
    call_id = (await standing.call_from(ledger, known, BESIDE))["callId"]
    judging = demonstrating.call_and_judge(lab, scripts.built_in("front-desk"))
    checks, (live, rows), _ = await asyncio.gather(
        judging, beside(lab, phone, ledger, call, call_id), is_let_go(ledger, known, gone)
    )
    assert [check for check in checks if not check.passed] == []
    assert_hung_up_by_agent(await standing.ended_call(ledger, call_id))

    assert live == await stream(lab, call_id)
    assert live.count(b"event: turn") == 5
    assert live.count(b"event: ended") == 1
    await standing.event_types(ledger, call_id)

    by_caller = {row["from"]: [turn["message"].lower() for turn in row["transcript"]] for row in rows}
    assert set(by_caller) == set(PAIR)
    assert any("hours" in message for message in by_caller[PAIR[1]])
    assert not any("hours" in message for message in by_caller[PAIR[0]])
    await standing.settles(lab, phone)


@pytest.mark.long
async def test_another_callers_audio_gives_another_transcript(lab: labs.Lab, phone: softphone.Softphone) -> None:
    """The verdict of the demonstration cannot be had by a call in which other things were said."""
    script = scripts.built_in("front-desk")
    other = script.model_copy(
        update={"turns": (scripts.Line(say="Can I speak to a human?"), scripts.Line(say="Goodbye"))}
    )
    seen = await demonstrating.call_and_record(lab, other)
    assert seen.ledger is not None
    assert verdicts.share_heard("Can I speak to a human", " ".join(seen.ledger.messages("user"))) > 0.6
    failed = [check.what for check in verdicts.judge(script, seen.phone, seen.ledger) if not check.passed]
    assert "turn 1 is in the transcript" in failed
    assert "turn 3 got the right answer" in failed
    await standing.settles(lab, phone)


async def is_let_go(ledger: api.Api, known: set[str], gone: softphone.OutgoingCall) -> None:
    """livekit-sip ends a leg 15 s after the last packet of sound."""
    await gone.hears_speech(timeout=10, since_s=0)
    gone.stop_rtp()
    assert (await gone.ended(timeout=40)).by is softphone.EndedBy.PEER
    await standing.ended_call_from(ledger, known, GONE)


def assert_hung_up_by_agent(row: api.Json) -> None:
    """Assert that the agent hung up, after it was told goodbye."""
    assert row["termination"]["reason"] == "agent_hangup"
    assert row["outcome"] == "completed"
    assert [turn["role"] for turn in row["transcript"]] == ["agent", "user", "agent", "user", "agent"]
    assert "goodbye" in row["transcript"][3]["message"].lower()


async def beside(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, call: softphone.OutgoingCall, call_id: str
) -> tuple[bytes, list[api.Json]]:
    """What else is talked meanwhile, one after the other; what was streamed, and the two calls at once."""
    live = await streamed(lab, call, call_id)
    known = await standing.known_calls(ledger)
    await two_at_once(lab, phone)
    rows = await standing.new_rows(ledger, known, len(PAIR))
    await talking_over_the_greeting_stops_it(lab, phone, ledger)
    return live, rows


async def talking_over_the_greeting_stops_it(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    """The caller may cut in, from the agent's first word."""
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


async def two_at_once(lab: labs.Lab, phone: softphone.Softphone) -> None:
    """Two who must not hear each other."""
    calls = [await phone.dial(standing.uri(lab), caller=caller) for caller in PAIR]
    await asyncio.gather(*(call.answered(timeout=15) for call in calls))
    await asyncio.gather(*(call.hears_speech(timeout=10, since_s=0) for call in calls))
    await asyncio.gather(*(call.hears_silence(for_s=1.0, timeout=20) for call in calls))
    # One caller sends a tone that no agent sends: the other must not hear a trace of it.
    hertz = 1000.0
    from_s = calls[1].now_s
    await calls[0].play(softphone.tone(hertz, 2.0), rate=8000)
    assert calls[1].tone_level(hertz, from_s, calls[1].now_s) < -60
    said = await calls[1].play(await speech.say_async("What are your opening hours?"))
    await calls[1].hears_speech(timeout=10, since_s=said.end_s)
    await asyncio.gather(*(call.hang_up() for call in calls))


async def streamed(lab: labs.Lab, call: softphone.OutgoingCall, call_id: str) -> bytes:
    """Hold a conversation; what the transcript's stream brought meanwhile."""
    during = asyncio.create_task(stream(lab, call_id))
    for text in (lines.QUESTION, "Goodbye"):
        await call.hears_speech(timeout=10, since_s=0)
        await call.hears_silence(for_s=1.0, timeout=20)
        said = await call.play(await speech.say_async(text))
        await call.hears_speech(timeout=10, since_s=said.end_s)
    assert (await call.ended(timeout=20)).by is softphone.EndedBy.PEER
    return await asyncio.wait_for(during, 30)


async def stream(lab: labs.Lab, call_id: str) -> bytes:
    """A transcript stream to its end, without its heartbeats."""
    headers = {"Authorization": f"Bearer {lab.api_key}", "Accept": "text/event-stream"}
    url = f"{lab.dispatch_url}/v1/calls/{call_id}/transcript"
    async with aiohttp.ClientSession(headers=headers) as http, http.get(url) as response:
        assert response.status == 200
        body = await asyncio.wait_for(response.read(), 120)
    return b"\n\n".join(block for block in body.split(b"\n\n") if not block.startswith(b":"))

"""Calls that we place: what the callee hears, and what is known of those who do not pick up."""

import asyncio
import datetime as dt
import time

import pytest

from cli import api
from lab import labs, softphone, speech
from tests.calls import dialing, lines, standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

ANSWERS, MISSES, TIRED, LATER, RINGS = (f"+120155501{n}" for n in (60, 61, 62, 63, 64))
REFUSALS = {
    486: ("busy", "callee", "busy"),
    603: ("rejected", "callee", "no_answer"),
    404: ("invalid_number", "system", "error"),
    480: ("unavailable", "callee", "no_answer"),
    503: ("carrier_failure", "system", "error"),
}
CANCELLED_S = 1.0
SOON_S = 2.0  # 0.3 s on a machine that has nothing else to do


async def test_every_refusal_is_known_by_its_code(lab: labs.Lab, callee: softphone.Softphone, ledger: api.Api) -> None:
    async def refused(code: int) -> tuple[tuple[str, str, int | None, str], list[str]]:
        to = f"+1201555017{list(REFUSALS).index(code)}"
        callee.answer_with(softphone.Answering(code=code), user=to)
        call_id = await dialing.place(ledger, to)
        row = await standing.ended_call(ledger, call_id)
        assert row["answeredAt"] is None
        return dialing.how(row), await standing.event_types(ledger, call_id)

    found = dict(zip(REFUSALS, await asyncio.gather(*map(refused, REFUSALS)), strict=True))
    assert {code: how for code, (how, _) in found.items()} == {
        code: (reason, by, code, outcome) for code, (reason, by, outcome) in REFUSALS.items()
    }
    for _, events in found.values():
        assert events[0] == "call.queued"
        assert events[-2:] in (["call.dialing", "call.hangup"], ["call.ringing", "call.hangup"])
    assert await dialing.further_calls(callee) == len(REFUSALS), "each was called once"
    await dialing.settles(lab, callee)


async def test_a_callee_hears_the_whole_greeting_is_understood_and_hangs_up(
    lab: labs.Lab, callee: softphone.Softphone, ledger: api.Api
) -> None:
    """What the phone network says before the answer is not taken for the callee's words."""
    announcement = await speech.say_async("What services do you offer?")
    callee.answer_with(softphone.Answering(early_media=True, play_early=announcement, after_s=2.5))
    call_id = await dialing.place(ledger, ANSWERS)
    far = await callee.next_call(timeout=dialing.INVITED_S)
    await far.acked(timeout=10)
    await dialing.ask(far, "What are your opening hours?")
    await far.hang_up()

    first_s = far.recording.first_sound_s()
    assert first_s is not None
    assert 0 < first_s - far.timeline.answered_s < SOON_S
    assert dialing.heard_greeting(far)
    assert (far.dialed, far.caller) == (ANSWERS, lines.ONLY_OUT)
    row = await standing.ended_call(ledger, call_id)
    assert dialing.how(row) == ("caller_hangup", "callee", None, "completed")
    assert (row["direction"], row["from"], row["to"], row["agentId"]) == (
        "outbound",
        lines.ONLY_OUT,
        ANSWERS,
        dialing.AGENT,
    )
    assert [turn["role"] for turn in row["transcript"]][:2] == ["agent", "user"]
    assert [turn["message"] for turn in row["transcript"] if turn["role"] == "user"] == ["what are your opening hours"]
    assert await standing.event_types(ledger, call_id) == [
        "call.queued",
        "call.routed",
        "call.dialing",
        "call.ringing",
        "call.answered",
        "call.hangup",
    ]
    await dialing.settles(lab, callee)


async def test_who_missed_a_call_rings_back_and_who_asks_not_to_be_called_is_not_called_again(
    lab: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone, ledger: api.Api
) -> None:
    """Both at the same time. And where there is nothing to say first, the callee begins."""
    wish = await speech.say_async("Please do not call me again")
    callee.answer_with(softphone.Answering(after_s=0.2, play=wish), user=TIRED)
    tired_id = await dialing.place(ledger, TIRED, firstMessage="")
    tired = await callee.next_call(timeout=dialing.INVITED_S)
    await asyncio.gather(is_tired(ledger, tired, tired_id), rings_back(lab, phone, callee, ledger))
    await standing.settles(lab, phone)
    await dialing.settles(lab, callee)


async def rings_back(lab: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone, ledger: api.Api) -> None:
    """Let a call of ours ring out, call back, and hear who it was."""
    callee.answer_with(softphone.RINGS_FOREVER, user=MISSES)
    call_id = await dialing.place(ledger, MISSES, telephony={"ringingTimeout": 2})
    far = await callee.next_call(timeout=dialing.INVITED_S)
    ending = await far.ended(timeout=10)
    assert ending.by is softphone.EndedBy.CANCELLED
    assert ending.at_s == pytest.approx(2.0, abs=1.0)
    row = await standing.ended_call(ledger, call_id)
    assert dialing.how(row) == ("no_answer", "callee", None, "no_answer")

    known = await standing.known_calls(ledger)
    near = await phone.dial(standing.uri(lab, lines.ONLY_OUT), caller=MISSES)
    await near.answered(timeout=10)
    await near.hears_speech(timeout=5, since_s=0)
    await near.hears_silence(for_s=1.0, timeout=20, since_s=near.now_s)
    await near.hang_up()
    assert dialing.heard_greeting(near)
    (row,) = await standing.new_rows(ledger, known, 1)
    assert (row["agentId"], row["ringBack"]) == (dialing.AGENT, True)


async def is_tired(ledger: api.Api, far: softphone.IncomingCall, call_id: str) -> None:
    """Hang up when the wish is understood, and see that it is kept."""
    await far.acked(timeout=10)
    await far.hears_speech(timeout=15, since_s=0)
    await far.hears_silence(for_s=1.0, timeout=15, since_s=far.now_s)
    await far.hang_up()
    row = await standing.ended_call(ledger, call_id)
    assert dialing.how(row) == ("caller_hangup", "callee", None, "dnc")
    assert row["transcript"][0]["role"] == "user"
    events = await ledger.events(call_id)
    assert [event["type"] for event in events].count("call.do_not_call") == 1
    assert [event["data"]["tool"] for event in events if event["type"] == "call.tool_called"] == ["do_not_call"]
    with pytest.raises(api.ApiRefused) as caught:
        await dialing.place(ledger, TIRED)
    assert caught.value.code == "do_not_call"


async def test_a_call_for_later_is_taken_back(lab: labs.Lab, callee: softphone.Softphone, ledger: api.Api) -> None:
    at = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    call_id = await dialing.place(ledger, LATER, schedule={"at": at.isoformat()})
    assert (await ledger.call(call_id))["status"] == "queued"
    await ledger.hang_up(call_id)
    assert dialing.how(await standing.ended_call(ledger, call_id, timeout=2)) == (
        "cancelled",
        "operator",
        None,
        "no_answer",
    )
    assert await standing.event_types(ledger, call_id) == ["call.queued", "call.hangup"]
    await dialing.settles(lab, callee)


async def test_a_ringing_phone_falls_silent_at_once(
    lab: labs.Lab, callee: softphone.Softphone, ledger: api.Api
) -> None:
    callee.answer_with(softphone.RINGS_FOREVER)
    call_id = await dialing.place(ledger, RINGS)
    far = await callee.next_call(timeout=dialing.INVITED_S)
    await dialing.comes_to(ledger, call_id, "ringing")
    began = time.monotonic()
    await ledger.hang_up(call_id)
    assert (await far.ended(timeout=5)).by is softphone.EndedBy.CANCELLED
    assert time.monotonic() - began < CANCELLED_S
    assert dialing.how(await standing.ended_call(ledger, call_id)) == ("cancelled", "operator", None, "no_answer")
    await dialing.settles(lab, callee)


@pytest.mark.long
@pytest.mark.parametrize("is_answered", [False, True], ids=["while it rings", "in the conversation"])
async def test_a_job_that_dies_leaves_no_phone_in_silence(
    lab: labs.Lab, callee: softphone.Softphone, ledger: api.Api, is_answered: bool
) -> None:
    callee.answer_with(softphone.Answering() if is_answered else softphone.RINGS_FOREVER)
    call_id = await dialing.place(ledger, RINGS)
    far = await callee.next_call(timeout=dialing.INVITED_S)
    await dialing.comes_to(ledger, call_id, "in_progress" if is_answered else "ringing")
    standing.kill_job(lab)
    ending = await far.ended(timeout=5)
    assert ending.by is (softphone.EndedBy.PEER if is_answered else softphone.EndedBy.CANCELLED)
    row = await standing.ended_call(ledger, call_id)
    assert (row["termination"]["reason"], row["outcome"]) == ("worker_lost", "error")
    await dialing.settles(lab, callee)

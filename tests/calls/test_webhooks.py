"""What a receiver is told and asked of real calls; its fixture holds every signature against the reference library."""

import asyncio

import pytest

from cli import api
from lab import labs, receiver, softphone, speech
from tests.calls import dialing, hearing, hooked, lines, standing, voicemails

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

WELCOME = "Welcome back, dear customer."
REACHED, NEVER_REACHED = "+12015550165", "+12015550166"
REJECTED_CALLER, MESSAGE_CALLER = "+12015550167", "+12015550168"
VERDICTS = {
    standing.CALLER: receiver.Answer.of({"firstMessage": WELCOME, "metadata": {"crm": "42"}}, after_s=0.3),
    REJECTED_CALLER: receiver.Answer.of({"reject": {"reason": "Not a customer", "code": 603}}),
    REACHED: receiver.Answer.of({"firstMessage": WELCOME}),
    NEVER_REACHED: receiver.Answer.of({"reject": {"reason": "Called already"}}),
}
"""What the receiver wants of a call, by who is called or calls; it wants nothing of any other."""
ANSWER_S = 10.0


def verdict(request: receiver.Request) -> receiver.Answer:
    other = request.document["to" if request.document["direction"] == "outbound" else "from"]
    return VERDICTS.get(other, receiver.OK)


async def test_a_receiver_is_asked_and_told_of_every_call(
    lab: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver
) -> None:
    """Of callers who talk, are rejected, and leave a message, and of those whom we call, all at the same time."""
    hooks.answer("pre_call", verdict)
    await asyncio.gather(
        a_call_is_asked_about_told_of_and_reported(lab, phone, ledger, hooks),
        a_rejected_caller_hears_busy_and_the_receiver_is_told(lab, phone, ledger, hooks),
        a_rejected_dial_is_never_made_and_another_one_is_told_of(callee, ledger, hooks),
        a_message_is_kept_as_sound_and_in_writing_and_reported(lab, phone, ledger, hooks),
    )
    await standing.settles(lab, phone)
    await dialing.settles(lab, callee)  # and no phone rang but the one


async def a_call_is_asked_about_told_of_and_reported(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver
) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.HOOKED), caller=standing.CALLER)
    await call.answered(timeout=ANSWER_S)
    await call.hears_speech(timeout=5, since_s=0)
    await call.hears_silence(for_s=1.0, timeout=15, since_s=call.timeline.answered_s + 0.5)
    await call.play(await speech.say_async("Goodbye"))
    assert (await call.ended(timeout=20)).by is softphone.EndedBy.PEER
    row = await standing.ended_call_from(ledger, known, standing.CALLER)

    asked = hooked.asked(hooks, row["callId"])
    assert asked.at_s - call.timeline.origin_s < call.timeline.answered_s, "asked before the answer"
    assert {key: asked.document[key] for key in ("type", "session_id", "organization_id", "direction")} == {
        "type": "call.pre_call",
        "session_id": row["callId"],
        "organization_id": "acme",
        "direction": "inbound",
    }
    assert (asked.document["from"], asked.document["to"]) == (standing.CALLER, lines.HOOKED)
    assert (asked.document["dialed_number"], asked.document["forwarded_from_number"]) == (lines.HOOKED, None)
    assert asked.document["metadata"] == {"tenant": "acme", "line": "hooked"}
    # In a thread, as other calls go on, whose sound this process makes.
    assert await asyncio.to_thread(hearing.says, call, WELCOME)
    assert not await asyncio.to_thread(hearing.says, call, lines.HOOKED_GREETING)
    assert row["transcript"][0]["message"] == WELCOME
    metadata = {"tenant": "acme", "line": "hooked", "crm": "42"}
    assert row["metadata"] == metadata

    told = await hooked.statuses(hooks, ledger, row["callId"])
    types = hooked.types(told)
    assert types[0] == "call.ringing"
    assert types[-1] == "call.hangup"
    assert types.index("call.pre_call") < types.index("call.answered")
    assert told[-1].document["metadata"] == metadata

    report = await hooked.report(hooks, row["callId"])
    assert [(turn["role"], turn["message"]) for turn in report["transcript"]] == [
        (turn["role"], turn["message"]) for turn in row["transcript"]
    ]
    assert {turn["source"] for turn in report["transcript"]} == {"voice_ai"}
    assert (report["outcome"], report["termination"]["reason"]) == ("completed", "agent_hangup")
    assert report["metadata"] == metadata
    assert {used["part"] for used in report["usage"]} == {"stt", "llm", "tts"}
    lead = await hooked.lead(hooks, row["callId"])
    assert (lead["source"], len(lead["calls"])) == ("voice", 1)
    contact = await ledger.ask("GET", "/v1/contacts/" + row["contactId"])
    assert contact["status"] == "contacted"


async def a_rejected_caller_hears_busy_and_the_receiver_is_told(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver
) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.HOOKED), caller=REJECTED_CALLER)
    with pytest.raises(softphone.CallRefused) as caught:
        await call.answered(timeout=ANSWER_S)
    assert caught.value.code == 486
    assert caught.value.headers.get("Reason") == 'SIP;cause=603;text="Not a customer"'
    row = await standing.ended_call_from(ledger, known, REJECTED_CALLER)
    assert row["answeredAt"] is None
    assert (row["termination"]["reason"], row["termination"]["sipStatusCode"]) == ("policy_refused", 603)
    types = hooked.types(await hooked.statuses(hooks, ledger, row["callId"]))
    assert "call.pre_call" in types
    assert "call.answered" not in types
    report = await hooked.report(hooks, row["callId"])
    assert (report["termination"]["reason"], report["transcript"]) == ("policy_refused", [])


async def a_rejected_dial_is_never_made_and_another_one_is_told_of(
    callee: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver
) -> None:
    callee.answer_with(softphone.Answering(after_s=0.5))
    refused, reached = [
        await dialing.place(ledger, to, agentId=hooked.AGENT, metadata={"campaign": "7"})
        for to in (NEVER_REACHED, REACHED)
    ]
    far = await callee.next_call(timeout=dialing.INVITED_S)
    await far.hears_speech(timeout=10, since_s=0)
    await far.hears_silence(for_s=1.0, timeout=15, since_s=far.timeline.answered_s + 0.5)
    await far.hang_up()
    assert far.dialed == REACHED
    assert await asyncio.to_thread(hearing.says, far, WELCOME)
    assert hooked.asked(hooks, reached).at_s < far.timeline.origin_s, "asked before the dial"
    assert hooked.asked(hooks, reached).document["direction"] == "outbound"
    await standing.ended_call(ledger, reached)
    told = await hooked.statuses(hooks, ledger, reached)
    assert hooked.types(told) == [
        "call.queued",
        "call.pre_call",
        "call.routed",
        "call.dialing",
        "call.ringing",
        "call.answered",
        "call.hangup",
    ]
    assert told[-1].document["metadata"]["campaign"] == "7"

    row = await standing.ended_call(ledger, refused)
    assert (row["termination"]["reason"], row["outcome"]) == ("policy_refused", "no_contact")
    types = hooked.types(await hooked.statuses(hooks, ledger, refused))
    assert "call.dialing" not in types
    for call_id in (refused, reached):
        assert (await hooked.report(hooks, call_id))["outcome"] == (await ledger.call(call_id))["outcome"]


async def a_message_is_kept_as_sound_and_in_writing_and_reported(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver
) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.HOOKED_VOICEMAIL), caller=MESSAGE_CALLER)
    await call.answered(timeout=ANSWER_S)
    said = await voicemails.leave(call)
    row = await standing.ended_call_from(ledger, known, MESSAGE_CALLER)
    row = await voicemails.assert_kept(lab, ledger, row["callId"], said)
    assert (row["to"], row["agentId"]) == (lines.HOOKED_VOICEMAIL, None)
    assert (row["action"], row["termination"]["reason"]) == ("voicemail", "voicemail")
    told = await hooked.statuses(hooks, ledger, row["callId"])
    assert "call.voicemail" in hooked.types(told)
    report = await hooked.report(hooks, row["callId"])
    assert report["outcome"] == "voicemail"
    assert report["artifacts"]["voicemail"]["duration_seconds"] == row["voicemail"]["durationSeconds"]
    assert report["artifacts"]["voicemail"]["url"].endswith(row["voicemail"]["url"])


@pytest.mark.long
@pytest.mark.parametrize(
    "answer", [receiver.HANGS, receiver.RESETS, receiver.Answer.bomb(), receiver.Answer(status=500)]
)
async def test_a_receiver_that_fails_costs_no_call(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver, answer: receiver.Answer
) -> None:
    """The agent takes it as its file says, within the 3 s that the receiver has and 1.5 s of its own."""
    known = await standing.known_calls(ledger)
    hooks.answer("pre_call", answer)
    call = await phone.dial(standing.uri(lab, lines.HOOKED), caller=standing.CALLER)
    await call.answered(timeout=ANSWER_S)
    heard_s = await call.hears_speech(timeout=5, since_s=0)
    assert heard_s < 3.0 + 1.5
    await call.hears_silence(for_s=1.0, timeout=15, since_s=heard_s)
    await call.hang_up()
    assert hearing.says(call, lines.HOOKED_GREETING)
    row = await hooked.the_call(ledger, known)
    await hooked.statuses(hooks, ledger, row["callId"])
    await standing.settles(lab, phone)


@pytest.mark.long
async def test_what_a_receiver_missed_it_gets_in_order_when_it_is_back(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver
) -> None:
    known = await standing.known_calls(ledger)
    await hooks.go_down()
    try:
        call = await phone.dial(standing.uri(lab, lines.HOOKED), caller=standing.CALLER)
        await call.answered(timeout=ANSWER_S)
        await call.hears_speech(timeout=5, since_s=0)
        await call.hang_up()
        row = await hooked.the_call(ledger, known)
    finally:
        await hooks.come_up()
    await hooked.statuses(hooks, ledger, row["callId"])
    await hooked.report(hooks, row["callId"])
    await standing.settles(lab, phone)


@pytest.mark.long
async def test_dispatch_is_killed_in_mid_call_and_nothing_goes_untold(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver
) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.HOOKED), caller=standing.CALLER)
    await call.answered(timeout=ANSWER_S)
    await call.hears_speech(timeout=5, since_s=0)
    await lab.dispatch.kill()
    await asyncio.sleep(1.0)
    assert call.is_up
    await lab.dispatch.start()
    await lab.ready()
    await call.hang_up()
    row = await hooked.the_call(ledger, known)
    last = len(await ledger.events(row["callId"]))
    await hooks.wait(
        "status",
        1,
        timeout=hooked.TOLD_S,
        where=lambda one: one.call_id == row["callId"] and one.document["sequence"] == last,
    )
    # What was sent and not written down when it died comes again, as the same message.
    first: dict[str, int] = {}
    for one in hooks.requests("status", lambda one: one.call_id == row["callId"]):
        first.setdefault(one.message_id, one.document["sequence"])
    assert list(first.values()) == list(range(1, last + 1))
    await hooked.report(hooks, row["callId"])
    await standing.settles(lab, phone)


@pytest.mark.long
async def test_dispatch_is_killed_while_it_asks_and_the_caller_is_answered_all_the_same(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver
) -> None:
    known = await standing.known_calls(ledger)
    hooks.answer("pre_call", receiver.HANGS)
    call = await phone.dial(standing.uri(lab, lines.HOOKED), caller=standing.CALLER)
    await hooks.wait("pre_call", 1, timeout=ANSWER_S)
    await lab.dispatch.kill()
    await call.answered(timeout=ANSWER_S)
    await call.hears_speech(timeout=5, since_s=0)
    await lab.dispatch.start()
    await lab.ready()
    await call.hears_silence(for_s=1.0, timeout=15, since_s=call.timeline.answered_s + 0.5)
    await call.hang_up()
    assert hearing.says(call, lines.HOOKED_GREETING)
    row = await hooked.the_call(ledger, known)
    types = hooked.types(await hooked.statuses(hooks, ledger, row["callId"]))
    assert types[0] == "call.ringing"
    assert types[-2:] == ["call.answered", "call.hangup"]
    assert len(hooks.requests("pre_call")) == 1
    await hooked.report(hooks, row["callId"])
    await standing.settles(lab, phone)

"""Numbers that connect callers with another phone, and what they get when nobody answers there."""

import asyncio

import pytest

from cli import api
from lab import labs, softphone
from tests.calls import hearing, lines, standing, voicemails

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

ANSWER_S = 15.0
CALLERS_HZ, CALLEES_HZ = 1000.0, 1500.0
RINGBACK_HZ = 425.0
RECEPTION, IGNORED = "reception", "+12015550128"
RINGS_S = 5.0  # by the trunk of `config/trunks.yaml`


async def hear_each_other(near: softphone.Call, far: softphone.Call) -> None:
    """Assert that what either says reaches the other."""
    hears = asyncio.gather(far.hears_tone(CALLERS_HZ, timeout=10), near.hears_tone(CALLEES_HZ, timeout=10))
    await asyncio.gather(
        near.play(softphone.tone(CALLERS_HZ, 2.0), rate=8000), far.play(softphone.tone(CALLEES_HZ, 2.0), rate=8000)
    )
    await hears


async def test_caller_and_callee_are_connected_until_the_callee_hangs_up(
    lab: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone, ledger: api.Api
) -> None:
    known = await standing.known_calls(ledger)
    callee.answer_with(softphone.RINGS_FOREVER)
    near = await phone.dial(standing.uri(lab, lines.FORWARD_ELSE_MESSAGE), caller=standing.CALLER)
    far = await callee.next_call(timeout=ANSWER_S)
    await near.hears_tone(RINGBACK_HZ, timeout=10)
    far.answer()
    await far.acked(timeout=5)
    await hear_each_other(near, far)

    assert (far.dialed, far.caller) == (lines.MESSAGE_CALLEE, standing.CALLER)
    assert lines.FORWARD_ELSE_MESSAGE in (far.invite.headers.get("Diversion") or "")
    assert len(near.signalling.responses(200)) == 1, "answered once, by us"
    await far.hang_up()
    assert (await near.ended(timeout=10)).by is softphone.EndedBy.PEER
    (row,) = await standing.new_rows(ledger, known, 1)
    assert (row["from"], row["to"], row["agentId"]) == (standing.CALLER, lines.FORWARD_ELSE_MESSAGE, None)
    assert row["action"] == "forward"
    assert (row["termination"]["reason"], row["termination"]["endedBy"]) == ("transferred", "callee")
    assert [transfer["state"] for transfer in row["transfers"]] == ["bridged"]
    await standing.settles(lab, phone)


@pytest.mark.parametrize(
    ("code", "algorithm"),
    [
        (407, softphone.Algorithm.SHA_256),
        pytest.param(401, softphone.Algorithm.MD5, marks=pytest.mark.long),
    ],
)
async def test_a_trunk_that_asks_for_credentials_gets_those_of_the_trunk(
    lab: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone, code: int, algorithm: softphone.Algorithm
) -> None:
    guard = softphone.Guard(username="acme", password=standing.SIP_PASSWORD, code=code, algorithms=(algorithm,))
    callee.answer_with(softphone.Answering(guard=guard))
    near = await phone.dial(standing.uri(lab, lines.FORWARD_WITH_CREDENTIALS), caller=standing.CALLER)
    far = await callee.next_call(timeout=ANSWER_S)
    await near.answered(timeout=ANSWER_S)
    assert any(name.endswith("Authorization") and "acme" in value for name, value in far.invite.headers)
    assert far.invite.cseq == 2, "asked once, and answered"
    await near.hang_up()
    await far.ended(timeout=10)
    await standing.settles(lab, phone)


async def test_the_caller_hangs_up_after_the_connection(
    lab: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone, ledger: api.Api
) -> None:
    known = await standing.known_calls(ledger)
    callee.answer_with(softphone.Answering())
    near = await phone.dial(standing.uri(lab, lines.FORWARD_ELSE_MESSAGE), caller=standing.CALLER)
    far = await callee.next_call(timeout=ANSWER_S)
    await near.answered(timeout=ANSWER_S)
    await hear_each_other(near, far)
    await near.hang_up()
    assert (await far.ended(timeout=10)).by is softphone.EndedBy.PEER
    (row,) = await standing.new_rows(ledger, known, 1)
    assert row["termination"]["reason"] == "transferred"
    assert row["termination"]["endedBy"] == "caller"
    await standing.settles(lab, phone)


async def test_who_gives_up_stops_the_other_phone_from_ringing(
    lab: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone, ledger: api.Api
) -> None:
    known = await standing.known_calls(ledger)
    callee.answer_with(softphone.RINGS_FOREVER)
    near = await phone.dial(standing.uri(lab, lines.FORWARD_ELSE_MESSAGE), caller=standing.CALLER)
    far = await callee.next_call(timeout=ANSWER_S)
    await near.hang_up()
    assert (await far.ended(timeout=3)).by is softphone.EndedBy.CANCELLED
    (row,) = await standing.new_rows(ledger, known, 1)
    assert row["termination"]["endedBy"] == "caller"
    await standing.settles(lab, phone)


@pytest.mark.parametrize("code", [486, pytest.param(603, marks=pytest.mark.long)])
async def test_who_refuses_brings_the_message_and_who_never_answers_the_voicemail(
    lab: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone, ledger: api.Api, code: int
) -> None:
    """Both at the same time."""
    known = await standing.known_calls(ledger)
    callee.answer_with(softphone.Answering(code=code), user=lines.MESSAGE_CALLEE)
    callee.answer_with(softphone.RINGS_FOREVER, user=RECEPTION)
    refused = await phone.dial(standing.uri(lab, lines.FORWARD_ELSE_MESSAGE), caller=standing.CALLER)
    ignored = await phone.dial(standing.uri(lab, lines.FORWARD_ELSE_VOICEMAIL), caller=IGNORED)
    fars = [await callee.next_call(timeout=ANSWER_S) for _ in range(2)]
    by_number = {far.dialed: far for far in fars}
    await asyncio.gather(
        hears_the_message(refused, by_number[lines.MESSAGE_CALLEE], code),
        comes_to_the_voicemail(ignored, by_number[RECEPTION]),
    )
    assert hearing.says(refused, lines.NOBODY_ANSWERS)
    assert hearing.says(ignored, lines.LEAVE_A_MESSAGE)
    row = await standing.ended_call_from(ledger, known, standing.CALLER)
    assert row["termination"]["endedBy"] != "caller"
    row = await standing.ended_call_from(ledger, known, IGNORED)
    assert row["transfers"][0]["attempts"][0]["result"] == "no_answer"
    await standing.settles(lab, phone)


async def hears_the_message(near: softphone.OutgoingCall, far: softphone.IncomingCall, code: int) -> None:
    await near.answered(timeout=ANSWER_S)
    assert (await near.ended(timeout=20)).by is softphone.EndedBy.PEER
    assert (await far.ended(timeout=1)).code == code


async def comes_to_the_voicemail(near: softphone.OutgoingCall, far: softphone.IncomingCall) -> None:
    await near.answered(timeout=ANSWER_S)
    ending = await far.ended(timeout=15)
    assert ending.by is softphone.EndedBy.CANCELLED
    assert ending.at_s == pytest.approx(RINGS_S, abs=2.0)
    await near.hears_tone(voicemails.BEEP_HZ, timeout=15)
    await near.hang_up()

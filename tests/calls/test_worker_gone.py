"""What remains of a call whose worker is gone."""

import asyncio

import pytest

from cli import api
from lab import labs, softphone, speech
from tests.calls import hearing, lines, standing, voicemails

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

SAID_S = 3.0
HZ = 1000.0
SHORT_DRAIN_S, DRAIN_S = 1, 3600
STOP_S = 60.0  # livekit-agents gives a job 15 s to end when the time for its call is over


@pytest.mark.long
async def test_a_message_outlives_the_worker_that_took_it(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api
) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.VOICEMAIL), caller=standing.CALLER)
    await call.answered(timeout=10)
    beeped_s = await call.hears_tone(voicemails.BEEP_HZ, timeout=20)
    await call.hears_silence(for_s=0.5, timeout=20, since_s=beeped_s)
    saying = call.utter(rate=speech.RATE)
    said = await speech.say_async(voicemails.MESSAGE)
    saying.push(said)
    await asyncio.sleep(SAID_S)
    await lab.worker.kill()
    assert (await call.ended(timeout=20)).by is softphone.EndedBy.PEER, "nobody is left in silence"

    await lab.worker.start()
    await lab.ready()
    (row,) = await standing.new_rows(ledger, known, 1)
    heard = await voicemails.kept_sound(lab, ledger, row["callId"])
    assert hearing.likeness(heard, softphone.telephone(said[: 2 * speech.RATE], speech.RATE)) > hearing.ALIKE
    await standing.record_warm_jobs(lab)
    await standing.settles(lab, phone)


@pytest.mark.long
async def test_caller_and_callee_talk_on_when_the_worker_is_told_to_go(
    lab: labs.Lab, phone: softphone.Softphone, callee: softphone.Softphone, ledger: api.Api
) -> None:
    await restart_with(lab, drain_s=SHORT_DRAIN_S)
    known = await standing.known_calls(ledger)
    callee.answer_with(softphone.Answering())
    near = await phone.dial(standing.uri(lab, lines.FORWARD_ELSE_MESSAGE), caller=standing.CALLER)
    far = await callee.next_call(timeout=15)
    await near.answered(timeout=15)
    await lab.worker.stop(STOP_S)
    await asyncio.gather(near.play(softphone.tone(HZ, 2.0), rate=8000), far.hears_tone(HZ, timeout=10))
    await near.hang_up()
    assert (await far.ended(timeout=30)).by is softphone.EndedBy.PEER
    (row,) = await standing.new_rows(ledger, known, 1)
    assert (row["termination"]["reason"], row["termination"]["endedBy"]) == ("transferred", "caller")
    await restart_with(lab, drain_s=DRAIN_S)
    await standing.settles(lab, phone)


async def restart_with(lab: labs.Lab, *, drain_s: int) -> None:
    """Restart the worker, which then lets calls go on for so long after it was told to go."""
    lab.worker.vary({"TRUNKLINE_DRAIN_TIMEOUT": str(drain_s)})
    await lab.worker.restart()
    await lab.ready()
    await standing.record_warm_jobs(lab)

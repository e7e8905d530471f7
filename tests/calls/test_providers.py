"""Real plugins against simulated providers: conversations, delays, and providers that refuse."""

import asyncio
import importlib.resources
import io

import aiohttp
import numpy as np
import pytest
import pytest_asyncio
import soundfile
import soxr

from lab import labs, softphone, speech
from tests.calls import hearing, lines, standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

GOODBYE = "That will be all, goodbye"
IMPATIENT, LEAVING = "+12015550129", "+12015550130"


async def control(lab: labs.Lab, method: str, path: str, body: dict[str, object]) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, f"{lab.simulators_url}/control/{path}", json=body) as response,
    ):
        assert response.ok, await response.text()


@pytest_asyncio.fixture(loop_scope="session")
async def well_behaved(simulated_lab: labs.Lab) -> None:
    for service in ("deepgram", "elevenlabs", "openai"):
        await control(simulated_lab, "PUT", service, {})
    for text in (lines.QUESTION, GOODBYE):
        await control(simulated_lab, "POST", "utterances", {"text": text})


async def refusing(lab: labs.Lab, service: str) -> None:
    await control(lab, "PUT", service, {"fault": {"kind": "refuse", "status": 503}})


def apology() -> softphone.Samples:
    data = importlib.resources.files("worker").joinpath("sounds", "apology.wav").read_bytes()
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    return np.asarray(soxr.resample(samples, rate, 8000), dtype=np.int16)


@pytest.mark.usefixtures("well_behaved")
async def test_a_conversation_by_the_real_plugins(simulated_lab: labs.Lab, phone: softphone.Softphone) -> None:
    async with standing.ledger_of(simulated_lab) as ledger:
        known = await standing.known_calls(ledger)
        call = await phone.dial(standing.uri(simulated_lab, lines.OTHER_DESK), caller=standing.CALLER)
        await call.answered(timeout=10)
        await call.hears_speech(timeout=10, since_s=0)
        for text in (lines.QUESTION, GOODBYE):
            await call.hears_silence(for_s=1.0, timeout=20)
            said = await call.play(await speech.say_async(text))
            await call.hears_speech(timeout=10, since_s=said.end_s)
        assert (await call.ended(timeout=20)).by is softphone.EndedBy.PEER

        row = await standing.ended_call(ledger, (await standing.new_call(ledger, known))["callId"])
        assert [turn["message"] for turn in row["transcript"] if turn["role"] == "user"] == [lines.QUESTION, GOODBYE]
        assert row["termination"]["reason"] == "agent_hangup"
    await standing.settles(simulated_lab, phone)


@pytest.mark.usefixtures("well_behaved")
@pytest.mark.parametrize("service", [pytest.param("elevenlabs", marks=pytest.mark.long), "deepgram"])
async def test_a_provider_that_refuses_at_the_start_brings_an_apology(
    simulated_lab: labs.Lab, phone: softphone.Softphone, service: str
) -> None:
    await refusing(simulated_lab, service)
    await refusing(simulated_lab, "elevenlabs")
    await heard_sorry(simulated_lab, phone)
    await standing.settles(simulated_lab, phone)


@pytest.mark.usefixtures("well_behaved")
async def test_a_voice_that_never_speaks_brings_an_apology(simulated_lab: labs.Lab, phone: softphone.Softphone) -> None:
    """Except to a caller who gives up before."""
    await control(simulated_lab, "PUT", "elevenlabs", {"fault": {"kind": "stall"}})
    calls, _ = await asyncio.gather(
        heard_sorry(simulated_lab, phone), gives_up_while_the_greeting_is_being_made(simulated_lab, phone)
    )
    await standing.settles(simulated_lab, phone)
    for call in calls:
        assert 3.0 <= call.timeline.answered_s <= 8.0, "answered at the deadline of 4 s although there was no greeting"


@pytest.mark.usefixtures("well_behaved")
async def test_a_model_that_refuses_brings_an_apology(simulated_lab: labs.Lab, phone: softphone.Softphone) -> None:
    await refusing(simulated_lab, "openai")
    async with standing.ledger_of(simulated_lab) as ledger:
        known = await standing.known_calls(ledger)
        call = await phone.dial(standing.uri(simulated_lab, lines.OTHER_DESK), caller=standing.CALLER)
        await call.answered(timeout=10)
        await call.hears_speech(timeout=10, since_s=0)
        await call.hears_silence(for_s=1.0, timeout=20)
        await call.play(await speech.say_async(lines.QUESTION))
        await call.ended(timeout=30)
        await said_sorry(call)
        row = await standing.ended_call(ledger, (await standing.new_call(ledger, known))["callId"])
        assert row["termination"]["reason"] == "provider_failure"
    await standing.settles(simulated_lab, phone)


async def gives_up_while_the_greeting_is_being_made(lab: labs.Lab, phone: softphone.Softphone) -> None:
    async with standing.ledger_of(lab) as ledger:
        known = await standing.known_calls(ledger)
        call = await phone.dial(standing.uri(lab), caller=IMPATIENT)
        await call.ringing(timeout=5)
        await asyncio.sleep(1.5)
        await call.hang_up()
        assert call.ending is not None
        assert call.ending.by is softphone.EndedBy.CANCELLED
        row = await standing.ended_call_from(ledger, known, IMPATIENT)
        assert row["termination"]["reason"] == "cancelled"
        assert row["answeredAt"] is None
        assert "call.answered" not in await standing.event_types(ledger, row["callId"])


async def heard_sorry(lab: labs.Lab, phone: softphone.Softphone) -> list[softphone.OutgoingCall]:
    """Whoever calls an agent, or a number that takes messages, hears that."""
    async with standing.ledger_of(lab) as ledger:
        known = await standing.known_calls(ledger)
        callers = {standing.CALLER: standing.NUMBER, LEAVING: lines.VOICEMAIL}
        calls = [await phone.dial(standing.uri(lab, number), caller=caller) for caller, number in callers.items()]
        await asyncio.gather(*(call.answered(timeout=20) for call in calls))
        await asyncio.gather(*(call.ended(timeout=40) for call in calls))
        for call in calls:
            await said_sorry(call)
        for caller in callers:
            row = await standing.ended_call_from(ledger, known, caller)
            assert row["termination"]["reason"] == "provider_failure"
            assert row["termination"]["result"] == "upstream_error"
            assert row["outcome"] == "error"
    return calls


async def said_sorry(call: softphone.OutgoingCall) -> None:
    assert call.ending is not None
    assert call.ending.by is softphone.EndedBy.PEER
    assert hearing.likeness(call.recording.heard(), apology()) > hearing.ALIKE, "the shipped sound file was heard"

from __future__ import annotations

import base64
import io
import wave

import aiohttp
import pytest

from lab.providers import app, behaviours, pcm, simulators
from tests.integration.providers_sim import conftest, telephone

pytestmark = pytest.mark.integration

GUESTS = "We are four guests."
MODELS = {"Authorization": "Bearer any"}
CHAT = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "a secret word"}]}


def wav(sound: pcm.Sound) -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setparams((1, 2, sound.rate, 0, "NONE", ""))
        file.writeframes(sound.linear16())
    return data.getvalue()


async def heard(sims: simulators.Simulators, http: aiohttp.ClientSession, sound: pcm.Sound) -> str:
    """What the recogniser makes of a call."""
    query = {"encoding": "linear16", "sample_rate": str(sound.rate), "punctuate": "true"}
    async with http.ws_connect(sims.deepgram_url, params=query, headers={"Authorization": "Token any"}) as socket:
        await socket.send_bytes(telephone.called(sound).linear16())
        await socket.send_json({"type": "CloseStream"})
        answers = [message.json() async for message in socket]
    results = [answer for answer in answers if answer["type"] == "Results"]
    return " ".join(result["channel"]["alternatives"][0]["transcript"] for result in results)


async def register(sims: simulators.Simulators, http: aiohttp.ClientSession, **document: object) -> int:
    async with http.post(f"{sims.url}/control/utterances", json=document) as response:
        return response.status


async def test_utterances_are_registered_as_pcm_wav_or_text(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    sound = telephone.spoken(GUESTS)
    assert await heard(sims, http, sound) == ""
    assert (
        await register(sims, http, text="As PCM.", pcm=base64.b64encode(sound.linear16()).decode(), rate=16000) == 201
    )
    assert await heard(sims, http, sound) == "As PCM."
    goodbye = telephone.spoken("See you tomorrow.")
    assert await register(sims, http, text="As WAV.", wav=base64.b64encode(wav(goodbye)).decode()) == 201
    assert await heard(sims, http, goodbye) == "As WAV."
    assert await register(sims, http, text="What is your address?", voice="awb") == 201
    assert (
        await heard(sims, http, telephone.spoken("What is your address?", telephone.OTHER)) == "What is your address?"
    )


@pytest.mark.parametrize(
    "document",
    [
        {"text": "Hello.", "pcm": "%%%"},
        {"text": "Hello.", "wav": base64.b64encode(b"RIFF").decode()},
        {"text": "", "pcm": ""},
        {"text": "Hello.", "pcm": base64.b64encode(bytes(32000)).decode()},
        {"text": "Hello.", "voice": "nobody"},
    ],
)
async def test_what_cannot_be_registered_is_refused(
    sims: simulators.Simulators, http: aiohttp.ClientSession, document: dict[str, object]
) -> None:
    assert await register(sims, http, **document) == 400


async def chat(sims: simulators.Simulators, http: aiohttp.ClientSession) -> int:
    async with http.post(f"{sims.openai_url}/chat/completions", json=CHAT, headers=MODELS) as response:
        await response.read()
        return response.status


async def test_a_behaviour_is_set_at_run_time_and_taken_back(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    statuses = []
    for behaviour in ({"fault": {"kind": "status", "status": 500}}, {}):
        async with http.put(f"{sims.url}/control/openai", json=behaviour) as response:
            assert response.status == 204
        statuses.append(await chat(sims, http))
    assert statuses == [500, 200]


@pytest.mark.parametrize(
    ("service", "behaviour", "status"),
    [
        ("openai", {"fault": {"kind": "explode"}}, 400),
        ("openai", {"first_ms": -1}, 400),
        ("openai", {"frist_ms": 1}, 400),
        ("nobody", {}, 404),
    ],
)
async def test_a_behaviour_that_is_not_understood_is_refused(
    sims: simulators.Simulators,
    http: aiohttp.ClientSession,
    service: str,
    behaviour: dict[str, object],
    status: int,
) -> None:
    async with http.put(f"{sims.url}/control/{service}", json=behaviour) as response:
        assert response.status == status


async def test_requests_are_counted_without_a_word_of_what_was_said(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    await chat(sims, http)
    await heard(sims, http, telephone.spoken(conftest.GOODBYE))
    async with http.get(f"{sims.url}/control/requests") as response:
        text = await response.text()
        document = await response.json()
    assert document["openai"]["requests"] == 1
    assert document["openai"]["models"] == {"gpt-4.1": 1}
    assert document["deepgram"]["formats"] == {"linear16/16000": 1}
    assert document["deepgram"]["open"] == 0
    assert "secret" not in text
    assert "oodbye" not in text


async def test_more_than_the_allowed_sockets_are_refused(http: aiohttp.ClientSession) -> None:
    query = {"encoding": "linear16", "sample_rate": "8000"}
    key = {"Authorization": "Token any"}
    async with simulators.running(app.Options(max_open=1)) as sims:
        first = http.ws_connect(sims.deepgram_url, params=query, headers=key)
        second = http.get(sims.deepgram_url, params=query, headers=key)
        async with first, second as response:
            assert response.status == 429
            assert sims.tally(behaviours.Service.DEEPGRAM).open == 1

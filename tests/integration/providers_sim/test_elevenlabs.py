from __future__ import annotations

import asyncio
import base64
import json

import aiohttp
import numpy as np
import pytest
from livekit.agents import APIConnectionError, APIConnectOptions, APIStatusError, APITimeoutError
from livekit.plugins import elevenlabs

from lab.providers import behaviours, listening, pcm, simulators, utterances
from tests.integration.providers_sim import conftest, telephone

pytestmark = pytest.mark.integration

ONE_TRY = APIConnectOptions(max_retry=0, timeout=0.3)
PATIENT = APIConnectOptions(max_retry=0, timeout=5)
DEADLINE_S = 10.0
ELEVENLABS = behaviours.Service.ELEVENLABS
KEY = {"xi-api-key": "any"}


def plugin(
    sims: simulators.Simulators, http: aiohttp.ClientSession, encoding: elevenlabs.TTSEncoding = "pcm_16000"
) -> elevenlabs.TTS:
    return elevenlabs.TTS(
        api_key="any", base_url=sims.elevenlabs_url, encoding=encoding, voice_id="slt", http_session=http
    )


async def stream(tts: elevenlabs.TTS, text: str, options: APIConnectOptions = PATIENT) -> pcm.Sound:
    """What the plugin makes of a text over the socket."""
    async with asyncio.timeout(DEADLINE_S), tts.stream(conn_options=options) as speech:
        speech.push_text(text)
        speech.end_input()
        data = b"".join([event.frame.data.tobytes() async for event in speech])
        return pcm.Sound(samples=pcm.from_linear16(data), rate=tts.sample_rate)


def recognised(sound: pcm.Sound) -> str:
    """What a recogniser that knows the greeting makes of a sound."""
    corpus = utterances.Corpus()
    corpus.register([(conftest.GREETING, telephone.spoken(conftest.GREETING, telephone.AGENT))])
    habits = listening.Habits(rate=16000, pause_ms=500, utterance_end_ms=None, interim_ms=200)
    heard = listening.Listener(corpus, habits).feed(telephone.called(sound.at_rate(16000)).samples)
    finals = [event for event in heard if isinstance(event, listening.Result) and event.is_final]
    return " ".join(word.written for final in finals for word in final.words)


async def test_streamed_speech_is_understood(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    tts = plugin(sims, http)
    try:
        assert recognised(await stream(tts, conftest.GREETING)) == conftest.GREETING
    finally:
        await tts.aclose()


@pytest.mark.parametrize("encoding", ["pcm_8000", "pcm_22050", "pcm_24000", "pcm_44100"])
async def test_one_shot_speech_is_understood_at_every_rate(
    sims: simulators.Simulators, http: aiohttp.ClientSession, encoding: elevenlabs.TTSEncoding
) -> None:
    sims.behave(ELEVENLABS, behaviours.Behaviour(interval_ms=0))
    tts = plugin(sims, http, encoding)
    async with asyncio.timeout(DEADLINE_S):
        frame = await tts.synthesize(conftest.GREETING, conn_options=PATIENT).collect()
    sound = pcm.Sound(samples=pcm.from_linear16(frame.data.tobytes()), rate=frame.sample_rate)
    assert sound.rate == int(encoding.split("_")[1])
    assert recognised(sound) == conftest.GREETING


async def test_words_come_with_their_times(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    tts = plugin(sims, http)
    async with asyncio.timeout(DEADLINE_S), tts.stream(conn_options=PATIENT) as speech:
        speech.push_text(conftest.GREETING)
        speech.end_input()
        timed = [word async for event in speech for word in event.frame.userdata.get("lk.timed_transcripts", [])]
    await tts.aclose()
    assert "".join(timed).split() == conftest.GREETING.split()
    starts = [word.start_time for word in timed]
    assert starts == sorted(starts)


async def test_voices_are_listed(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    assert "slt" in [voice.id for voice in await plugin(sims, http).list_voices()]


async def test_formats_that_are_not_pcm_are_refused_with_a_reason(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    tts = plugin(sims, http, "mp3_22050_32")
    with pytest.raises(APIStatusError) as raised:
        await stream(tts, "Hello.")
    assert raised.value.status_code == 403
    async with http.post(
        f"{sims.elevenlabs_url}/text-to-speech/slt/stream", params={"output_format": "mp3_22050_32"}, headers=KEY
    ) as response:
        assert "pcm_16000" in (await response.json())["detail"]["message"]


class Socket:
    """A multi-context socket, driven by hand."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self._socket = socket

    async def say(self, context: str, text: str, **more: object) -> None:
        await self._socket.send_json({"context_id": context, "text": text, **more})

    async def close_context(self, context: str) -> None:
        await self._socket.send_json({"context_id": context, "close_context": True})

    async def next(self) -> dict[str, object]:
        message = await self._socket.receive(timeout=DEADLINE_S)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return dict(json.loads(message.data))

    async def until_final(self, *contexts: str) -> list[dict[str, object]]:
        """All messages until each of these contexts is done."""
        open_contexts, messages = set(contexts), []
        while open_contexts:
            messages.append(message := await self.next())
            if message["isFinal"]:
                open_contexts.discard(str(message["contextId"]))
        return messages


def connect(
    sims: simulators.Simulators, http: aiohttp.ClientSession, **query: str
) -> aiohttp.client._WSRequestContextManager:
    url = f"{sims.elevenlabs_url}/text-to-speech/slt/multi-stream-input"
    return http.ws_connect(url, params={"output_format": "pcm_16000", "auto_mode": "true", **query}, headers=KEY)


def duration_s(messages: list[dict[str, object]], context: str) -> float:
    parts = [str(item["audio"]) for item in messages if item["contextId"] == context and "audio" in item]
    return sum(len(base64.b64decode(part)) for part in parts) / 2 / 16000


async def test_contexts_of_one_socket_speak_side_by_side(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    async with connect(sims, http) as raw:
        socket = Socket(raw)
        for context, text in (("one", conftest.GREETING), ("two", conftest.HUMAN)):
            await socket.say(context, " ")
            await socket.say(context, text + " ", flush=True)
            await socket.say(context, "", flush=True)
            await socket.close_context(context)
        messages = await socket.until_final("one", "two")
    order = [item["contextId"] for item in messages]
    assert order != sorted(order, key=str)
    assert duration_s(messages, "one") == pytest.approx(
        telephone.spoken(conftest.GREETING, telephone.AGENT).duration_s, abs=0.05
    )


async def test_closing_a_context_before_its_text_is_complete_stops_it(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    sims.behave(ELEVENLABS, behaviours.Behaviour(interval_ms=100))
    async with connect(sims, http) as raw:
        socket = Socket(raw)
        await socket.say("one", conftest.GREETING, flush=True)
        begun = [await socket.next()]
        await socket.close_context("one")
        messages = begun + await socket.until_final("one")
    assert 0 < duration_s(messages, "one") < telephone.spoken(conftest.GREETING, telephone.AGENT).duration_s / 2


async def test_text_is_gathered_to_the_schedule_unless_flushed(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    async with connect(sims, http, auto_mode="false", sync_alignment="true") as raw:
        socket = Socket(raw)
        await socket.say("one", "Hello ", generation_config={"chunk_length_schedule": [12, 500]})
        await socket.say("one", "there, ")
        begun = [await socket.next()]
        await socket.say("one", "caller. ")
        await socket.say("one", "", flush=True)
        await socket.close_context("one")
        messages = begun + await socket.until_final("one")
    said = "".join(character for item in messages if "audio" in item for character in characters(item))
    assert said == "Hello there, caller. "


def characters(message: dict[str, object]) -> list[str]:
    alignment = message["normalizedAlignment"]
    assert isinstance(alignment, dict)
    return list(alignment["chars"])


async def test_a_sixth_context_closes_the_socket(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    async with connect(sims, http) as raw:
        socket = Socket(raw)
        for number in range(6):
            await socket.say(str(number), " ")
        assert (await socket.next())["error"] == "max_active_conversations"
        assert (await raw.receive(timeout=DEADLINE_S)).type is aiohttp.WSMsgType.CLOSE
        assert raw.close_code == 1008


async def test_an_idle_socket_is_closed(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    async with connect(sims, http, inactivity_timeout="1") as raw:
        assert (await raw.receive(timeout=DEADLINE_S)).type is aiohttp.WSMsgType.CLOSE


async def test_speech_begins_after_the_delay_and_is_faster_than_it_sounds(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    telephone.spoken(conftest.GREETING, telephone.AGENT)
    sims.behave(ELEVENLABS, behaviours.Behaviour(first_ms=300))
    clock = asyncio.get_running_loop()
    async with connect(sims, http) as raw:
        socket = Socket(raw)
        sent_at = clock.time()
        await socket.say("one", conftest.GREETING, flush=True)
        await socket.say("one", "", flush=True)
        await socket.close_context("one")
        first, first_at = await socket.next(), clock.time()
        messages = [first, *await socket.until_final("one")]
        assert 0.3 <= first_at - sent_at < 1
        assert clock.time() - first_at < duration_s(messages, "one")


async def test_no_key_no_service(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    for method, path in (("POST", "text-to-speech/slt/stream"), ("GET", "voices")):
        async with http.request(method, f"{sims.elevenlabs_url}/{path}") as response:
            assert response.status == 401
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        await http.ws_connect(f"{sims.elevenlabs_url}/text-to-speech/slt/multi-stream-input")
    assert raised.value.status == 401


Kind = behaviours.FaultKind


@pytest.mark.parametrize(
    "fault",
    [
        behaviours.Fault(kind=Kind.REFUSE, status=503),
        behaviours.Fault(kind=Kind.STATUS, status=401),
        behaviours.Fault(kind=Kind.STALL),
        behaviours.Fault(kind=Kind.CUT),
        behaviours.Fault(kind=Kind.CUT, after_messages=3),
        behaviours.Fault(kind=Kind.GARBAGE),
    ],
)
async def test_a_fault_of_the_socket_is_the_plugins_error(
    sims: simulators.Simulators, http: aiohttp.ClientSession, fault: behaviours.Fault
) -> None:
    sims.behave(ELEVENLABS, behaviours.Behaviour(fault=fault))
    tts = plugin(sims, http)
    try:
        with pytest.raises(APIStatusError):
            await stream(tts, conftest.GREETING, ONE_TRY)
    finally:
        await tts.aclose()


async def test_a_handshake_that_takes_too_long_is_the_plugins_timeout_error(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    sims.behave(ELEVENLABS, behaviours.Behaviour(connect_delay_ms=5000))
    with pytest.raises(APITimeoutError):
        await stream(plugin(sims, http), "Hello.", ONE_TRY)


async def test_a_cut_of_the_one_shot_request_is_the_plugins_connection_error(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    fault = behaviours.Fault(kind=Kind.CUT, after_messages=2)
    sims.behave(ELEVENLABS, behaviours.Behaviour(fault=fault))
    with pytest.raises(APIConnectionError):
        await plugin(sims, http).synthesize(conftest.GREETING, conn_options=ONE_TRY).collect()


async def test_only_as_many_requests_as_asked_are_struck(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    fault = behaviours.Fault(kind=Kind.STATUS, status=500, after_requests=1, times=1)
    sims.behave(ELEVENLABS, behaviours.Behaviour(fault=fault))
    url = f"{sims.elevenlabs_url}/text-to-speech/slt/stream"
    statuses = []
    for _ in range(3):
        async with http.post(
            url, params={"output_format": "pcm_8000"}, json={"text": "Hello."}, headers=KEY
        ) as response:
            statuses.append(response.status)
            await response.read()
    assert statuses == [200, 500, 200]
    assert sims.tally(ELEVENLABS).faulted == 1


async def test_two_voices_sound_different(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    sounds = []
    for voice in ("slt", "rms", "JBFqnCBsd6RMkjVDRZzb"):
        url = f"{sims.elevenlabs_url}/text-to-speech/{voice}/stream"
        async with http.post(
            url, params={"output_format": "pcm_16000"}, json={"text": "Hello."}, headers=KEY
        ) as response:
            sounds.append(await response.read())
    assert sounds[0] != sounds[1]
    assert np.array_equal(pcm.from_linear16(sounds[0]), pcm.from_linear16(sounds[2]))

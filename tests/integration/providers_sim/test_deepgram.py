from __future__ import annotations

import asyncio
import contextlib
import json

import aiohttp
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions, APIStatusError, stt
from livekit.plugins import deepgram

from lab.providers import behaviours, pcm, simulators
from tests.integration.providers_sim import conftest, telephone

pytestmark = pytest.mark.integration

ONE_TRY = APIConnectOptions(max_retry=0, timeout=0.3)
DEADLINE_S = 10.0
DEEPGRAM = behaviours.Service.DEEPGRAM
LINEAR = {"encoding": "linear16", "sample_rate": "16000", "interim_results": "true", "punctuate": "true"}
KEY = {"Authorization": "Token any"}


def plugin(sims: simulators.Simulators, http: aiohttp.ClientSession) -> deepgram.STT:
    return deepgram.STT(api_key="any", base_url=sims.deepgram_url, http_session=http)


async def transcribe(plugin: deepgram.STT, sound: pcm.Sound, *, quiet_s: float = DEADLINE_S) -> list[stt.SpeechEvent]:
    """The plugin's events for a sound fed to it as fast as it goes, up to the end of speech or `quiet_s` of none."""
    events: list[stt.SpeechEvent] = []
    async with plugin.stream(conn_options=ONE_TRY) as stream:
        stream.push_frame(frame(sound))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(quiet_s):
                async for event in stream:
                    events.append(event)
                    if event.type is stt.SpeechEventType.END_OF_SPEECH:
                        break
    return events


def frame(sound: pcm.Sound) -> rtc.AudioFrame:
    return rtc.AudioFrame(
        data=sound.linear16(), sample_rate=sound.rate, num_channels=1, samples_per_channel=len(sound.samples)
    )


def texts(events: list[stt.SpeechEvent], kind: stt.SpeechEventType) -> list[str]:
    return [event.alternatives[0].text for event in events if event.type is kind]


def kinds(events: list[stt.SpeechEvent]) -> list[stt.SpeechEventType]:
    return [event.type for event in events if event.type is not stt.SpeechEventType.RECOGNITION_USAGE]


async def test_the_plugin_hears_start_interims_final_and_end(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    events = await transcribe(plugin(sims, http), telephone.called(telephone.spoken(conftest.HUMAN)))
    heard = kinds(events)
    assert texts(events, stt.SpeechEventType.FINAL_TRANSCRIPT) == [conftest.HUMAN]
    assert len(texts(events, stt.SpeechEventType.INTERIM_TRANSCRIPT)) >= 3
    assert heard[0] is stt.SpeechEventType.START_OF_SPEECH
    assert heard[-2:] == [stt.SpeechEventType.FINAL_TRANSCRIPT, stt.SpeechEventType.END_OF_SPEECH]


async def test_words_come_with_times_and_confidence(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    events = await transcribe(plugin(sims, http), telephone.called(telephone.spoken(conftest.HUMAN)))
    final = next(event for event in events if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT).alternatives[0]
    assert final.words is not None
    assert [str(word) for word in final.words] == conftest.HUMAN.split()
    assert 0.5 < final.start_time < final.end_time < 0.6 + telephone.spoken(conftest.HUMAN).duration_s
    assert final.confidence > 0.7


async def test_another_utterance_gives_another_text(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    events = await transcribe(plugin(sims, http), telephone.called(telephone.spoken(conftest.GOODBYE)))
    assert texts(events, stt.SpeechEventType.FINAL_TRANSCRIPT) == [conftest.GOODBYE]


async def test_a_faint_caller_on_a_noisy_line_is_understood(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    sound = telephone.called(telephone.spoken(conftest.HUMAN), gain=0.3, noise_db=-20)
    events = await transcribe(plugin(sims, http), sound)
    assert texts(events, stt.SpeechEventType.FINAL_TRANSCRIPT) == [conftest.HUMAN]


async def test_silence_gives_no_event_at_all(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    silence = pcm.Sound(samples=np.zeros(32000, dtype=np.float32), rate=16000)
    assert kinds(await transcribe(plugin(sims, http), silence, quiet_s=0.3)) == []


async def test_unknown_speech_is_heard_but_not_transcribed(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    events = await transcribe(plugin(sims, http), telephone.called(telephone.spoken("Purple elephants dance slowly.")))
    assert kinds(events) == [stt.SpeechEventType.START_OF_SPEECH, stt.SpeechEventType.END_OF_SPEECH]


async def converse(
    sims: simulators.Simulators, http: aiohttp.ClientSession, query: dict[str, str], *sent: str | bytes
) -> list[dict[str, object]]:
    """What the socket answers to these messages, up to the end of the stream."""
    async with asyncio.timeout(DEADLINE_S), http.ws_connect(sims.deepgram_url, params=query, headers=KEY) as socket:
        for item in sent:
            await (socket.send_bytes(item) if isinstance(item, bytes) else socket.send_str(item))
        await socket.send_json({"type": "CloseStream"})
        return [json.loads(message.data) async for message in socket]


def transcript(answer: dict[str, object]) -> str:
    match answer:
        case {"channel": {"alternatives": [{"transcript": str(text)}]}}:
            return text
    pytest.fail(f"a {answer['type']} without a transcript")


async def test_mulaw_at_8_khz_is_understood(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    call = telephone.called(telephone.spoken(conftest.HUMAN)).at_rate(8000)
    query = {"encoding": "mulaw", "sample_rate": "8000", "smart_format": "true"}
    answers = await converse(sims, http, query, telephone.mulaw(call.samples))
    results = [item for item in answers if item["type"] == "Results"]
    assert [transcript(item) for item in results] == [conftest.HUMAN]


async def test_without_formatting_the_transcript_is_bare_words(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    call = telephone.called(telephone.spoken(conftest.GOODBYE))
    answers = await converse(sims, http, {"encoding": "linear16", "sample_rate": "16000"}, call.linear16())
    (result,) = (item for item in answers if item["type"] == "Results")
    assert transcript(result) == "goodbye"
    assert result["speech_final"] is True


async def test_endpointing_off_leaves_speech_open(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    call = telephone.called(telephone.spoken(conftest.GOODBYE))
    answers = await converse(sims, http, {**LINEAR, "endpointing": "false"}, call.linear16())
    finals = [item for item in answers if item.get("is_final")]
    assert finals
    assert not any(item["speech_final"] for item in finals)


async def test_finalize_flushes_what_was_said_so_far(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    call = telephone.called(telephone.spoken(conftest.HUMAN))
    begun = call.linear16()[: 2 * int(1.5 * call.rate)]
    answers = await converse(sims, http, LINEAR, begun, '{"type": "KeepAlive"}', '{"type": "Finalize"}')
    flushed = next(item for item in answers if item.get("from_finalize"))
    assert transcript(flushed).startswith("Can I speak")
    assert (flushed["is_final"], flushed["speech_final"]) == (True, False)


async def test_the_utterances_end_is_told_where_asked_and_metadata_comes_last(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    call = telephone.called(telephone.spoken(conftest.GOODBYE))
    query = {**LINEAR, "vad_events": "true", "utterance_end_ms": "1000"}
    answers = await converse(sims, http, query, call.linear16(), bytes(32000))
    types = [item["type"] for item in answers]
    assert types[0] == "SpeechStarted"
    assert types[-2:] == ["UtteranceEnd", "Metadata"]
    assert answers[-1]["duration"] == pytest.approx(call.duration_s + 1, abs=0.1)


@pytest.mark.parametrize("missing", ["encoding", "sample_rate"])
async def test_a_stream_without_a_stated_encoding_is_refused(
    sims: simulators.Simulators, http: aiohttp.ClientSession, missing: str
) -> None:
    query = {name: value for name, value in LINEAR.items() if name != missing}
    async with http.get(sims.deepgram_url, params=query, headers=KEY) as response:
        assert response.status == 400
        assert missing in (await response.json())["err_msg"]


async def test_no_key_no_service(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    async with http.get(sims.deepgram_url, params=LINEAR) as response:
        assert response.status == 401
    assert sims.tally(DEEPGRAM).refused == 1


async def fail(
    sims: simulators.Simulators, http: aiohttp.ClientSession, behaviour: behaviours.Behaviour, **how: float
) -> list[stt.SpeechEvent]:
    sims.behave(DEEPGRAM, behaviour)
    return await transcribe(plugin(sims, http), telephone.called(telephone.spoken(conftest.GOODBYE)), **how)


@pytest.mark.parametrize("kind", [behaviours.FaultKind.REFUSE, behaviours.FaultKind.STATUS])
@pytest.mark.parametrize("status", [401, 503])
async def test_a_refusal_is_the_plugins_status_error(
    sims: simulators.Simulators, http: aiohttp.ClientSession, kind: behaviours.FaultKind, status: int
) -> None:
    with pytest.raises(APIStatusError) as raised:
        await fail(sims, http, behaviours.Behaviour(fault=behaviours.Fault(kind=kind, status=status)))
    assert raised.value.status_code == status


@pytest.mark.parametrize("after_messages", [0, 2])
async def test_a_cut_is_an_error_of_the_plugin(
    sims: simulators.Simulators, http: aiohttp.ClientSession, after_messages: int
) -> None:
    fault = behaviours.Fault(kind=behaviours.FaultKind.CUT, after_messages=after_messages)
    with pytest.raises((APIStatusError, APIConnectionError)):
        await fail(sims, http, behaviours.Behaviour(fault=fault))


async def test_a_handshake_that_takes_too_long_is_the_plugins_connection_error(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    with pytest.raises(APIConnectionError, match="failed to connect"):
        await fail(sims, http, behaviours.Behaviour(connect_delay_ms=5000))


async def test_garbage_reaches_no_listener(
    sims: simulators.Simulators, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    fault = behaviours.Fault(kind=behaviours.FaultKind.GARBAGE)
    events = await fail(sims, http, behaviours.Behaviour(fault=fault), quiet_s=0.3)
    assert kinds(events) == []
    assert "failed to process deepgram message" in caplog.text


async def test_a_stalled_recogniser_takes_sound_and_says_nothing(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    sims.behave(DEEPGRAM, behaviours.Behaviour(fault=behaviours.Fault(kind=behaviours.FaultKind.STALL)))
    call = telephone.called(telephone.spoken(conftest.GOODBYE))
    async with http.ws_connect(sims.deepgram_url, params=LINEAR, headers=KEY) as socket:
        await socket.send_bytes(call.linear16())
        await socket.send_json({"type": "CloseStream"})
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.3)


async def test_results_are_late_by_the_delay_that_was_set(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    sims.behave(DEEPGRAM, behaviours.Behaviour(first_ms=300))
    call = telephone.called(telephone.spoken(conftest.GOODBYE))
    clock = asyncio.get_running_loop()
    async with http.ws_connect(sims.deepgram_url, params=LINEAR, headers=KEY) as socket:
        sent_at = clock.time()
        await socket.send_bytes(call.linear16())
        await socket.receive(timeout=DEADLINE_S)
        assert 0.3 <= clock.time() - sent_at < 2

"""From a plan to plugins: what is missing is said in a sentence, what is there is built as it was asked for."""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import AsyncIterator

import aiohttp
import pytest
from livekit.agents import inference, llm, stt
from livekit.plugins import deepgram, elevenlabs, openai

from callcore import contract, errors
from tests.unit.providers import plans
from worker.providers import registry
from worker.providers.offline import flite, flite_library, flow, sphinx

pytestmark = pytest.mark.unit


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def with_part(kind: str, **part: object) -> plans.Parts:
    return {**plans.OFFLINE, kind: part}


def test_an_agent_that_can_work_has_no_problems() -> None:
    assert registry.check(plans.plan(plans.OFFLINE), {}) == []
    assert registry.check(plans.plan(plans.HOSTED), plans.KEYS) == []


def test_each_missing_key_is_named_once() -> None:
    llm_part: dict[str, object] = {"provider": "openai", "fallback": [{"provider": "openai", "model": "gpt-4.1"}]}
    assert registry.check(plans.plan({**plans.HOSTED, "llm": llm_part}), {"DEEPGRAM_API_KEY": ""}) == [
        "deepgram needs DEEPGRAM_API_KEY in the worker's environment",
        "openai needs OPENAI_API_KEY in the worker's environment",
        "elevenlabs needs ELEVENLABS_API_KEY in the worker's environment",
    ]


def test_a_key_of_ones_own_name_is_asked_for() -> None:
    agent = plans.plan(with_part("llm", provider="openai", api_key="${MY_KEY}"))
    assert registry.check(agent, plans.KEYS) == ["openai needs MY_KEY in the worker's environment"]
    assert registry.check(agent, {"MY_KEY": "x"}) == []


def test_a_wrong_setting_is_a_sentence() -> None:
    [problem] = registry.check(plans.plan(with_part("stt", provider="deepgram", model="nova3")), plans.KEYS)
    assert problem.startswith("stt.deepgram.model: unknown model `nova3`: did you mean `nova-3`?")


def test_another_language_than_english_needs_other_providers() -> None:
    [problem] = registry.check(plans.plan(plans.OFFLINE, language="de-DE"), {})
    assert "English" in problem


def test_a_missing_or_broken_flow_is_named() -> None:
    [missing] = registry.check(plans.plan(plans.OFFLINE, flow=None), {})
    [broken] = registry.check(plans.plan(plans.OFFLINE, flow="start: ["), {})
    assert "front-desk.flow.yaml" in missing
    assert broken.startswith("front-desk.flow.yaml:1:9 ")


def test_missing_pocketsphinx_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    agent = plans.plan(plans.OFFLINE)
    assert registry.check(agent, {}) == ["offline recognition needs pocketsphinx: pip install 'trunkline[offline]'"]
    with pytest.raises(errors.ProviderUnavailable, match="pip install"):
        registry.build(agent, registry.prewarm({}))


def test_missing_flite_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str, mode: int = 0) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", absent)
    flite_library.load.cache_clear()
    [problem] = registry.check(plans.plan(plans.OFFLINE), {})
    assert "apt-get install --no-install-recommends flite" in problem


async def test_the_offline_set_is_built() -> None:
    built = registry.build(plans.plan(plans.OFFLINE), registry.prewarm({}))
    assert isinstance(built.stt, sphinx.SphinxSTT)
    assert isinstance(built.llm, flow.FlowLLM)
    assert isinstance(built.tts, flite.FliteTTS)
    assert isinstance(built.vad, inference.VAD)
    assert built.turn_detection == "vad"
    await built.aclose()


async def test_hosted_providers_are_built_with_their_keys_and_for_the_telephone(http: aiohttp.ClientSession) -> None:
    agent = plans.plan(plans.HOSTED, language="es-ES", detector="local")
    built = registry.build(agent, registry.prewarm(plans.KEYS), http)
    assert isinstance(built.stt, deepgram.STT)
    assert (built.stt._opts.language, built.stt._api_key) == ("es-ES", "dg-secret")
    assert isinstance(built.llm, openai.LLM)
    assert built.llm._client.api_key == "oa-secret"
    assert isinstance(built.tts, elevenlabs.TTS)
    assert built.tts._opts.encoding == "pcm_16000"
    assert built.tts._opts.api_key == "el-secret"
    assert isinstance(built.turn_detection, inference.TurnDetector)
    assert built.turn_detection.model == "turn-detector-v1-mini"
    await built.aclose()


@pytest.mark.parametrize(("detector", "endpointing_ms"), [("local", 25), ("stt", 300)])
async def test_deepgram_waits_longer_where_it_ends_the_turn(
    http: aiohttp.ClientSession, detector: str, endpointing_ms: int
) -> None:
    built = registry.build(plans.plan(plans.HOSTED, detector=detector), registry.prewarm(plans.KEYS), http)
    assert isinstance(built.stt, deepgram.STT)
    assert built.stt._opts.endpointing_ms == endpointing_ms
    await built.aclose()


async def test_another_host_gets_no_key_of_the_vendors(http: aiohttp.ClientSession) -> None:
    parts = {kind: {**part, "base_url": "http://127.0.0.1:9/v1"} for kind, part in plans.HOSTED.items()}
    built = registry.build(plans.plan(parts), registry.prewarm(plans.KEYS), http)
    assert isinstance(built.llm, openai.LLM)
    assert built.llm._client.api_key == "none"
    assert isinstance(built.stt, deepgram.STT)
    assert built.stt._api_key == "none"
    await built.aclose()


async def test_openai_hears_and_speaks_too() -> None:
    parts = {kind: {"provider": "openai"} for kind in ("stt", "llm", "tts")}
    built = registry.build(plans.plan(parts), registry.prewarm(plans.KEYS))
    assert isinstance(built.stt, openai.STT)
    assert built.stt._opts.languages == ["en"]
    assert not built.stt.capabilities.streaming
    assert isinstance(built.tts, openai.TTS)
    await built.aclose()


async def test_a_model_that_fails_is_followed_by_its_fallback() -> None:
    down = {"provider": "openai", "base_url": "http://127.0.0.1:9/v1", "model": "x"}
    agent = plans.plan(with_part("llm", **down, fallback=[{"provider": "offline", "flow": "front-desk.flow.yaml"}]))
    built = registry.build(agent, registry.prewarm({}))
    assert isinstance(built.llm, llm.FallbackAdapter)
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="what are your opening hours")
    async with built.llm.chat(chat_ctx=context) as stream:
        said = "".join([chunk.delta.content or "" async for chunk in stream if chunk.delta])
    assert said.startswith("We are open Monday to Friday")
    await built.aclose()


def test_a_missing_key_stops_the_building_without_showing_any() -> None:
    with pytest.raises(errors.ProviderUnavailable) as caught:
        registry.build(plans.plan(plans.HOSTED), registry.prewarm({"DEEPGRAM_API_KEY": "dg-secret"}))
    assert "OPENAI_API_KEY" in caught.value.message
    assert "dg-secret" not in caught.value.message


def test_prewarming_serves_what_it_loaded_and_passes_over_what_cannot_work() -> None:
    good, broken = plans.plan(plans.OFFLINE), plans.plan(plans.OFFLINE, flow="start: [")
    loaded = registry.prewarm({}, [broken, good])
    first, second = registry.build(good, loaded), registry.build(good, loaded)
    assert isinstance(first.stt, sphinx.SphinxSTT)
    assert isinstance(second.stt, sphinx.SphinxSTT)
    assert first.stt._pool is second.stt._pool
    assert first.vad is second.vad


async def test_a_fixed_text_gets_its_voice(http: aiohttp.ClientSession) -> None:
    spec = contract.ProviderSpec.model_validate({"provider": "elevenlabs", "voice": "Rachel", "speed": 1.1})
    built = registry.voice(contract.Voice(tts=spec, language="en"), registry.prewarm(plans.KEYS), http)
    assert isinstance(built, elevenlabs.TTS)
    assert built._opts.api_key == "el-secret"
    await built.aclose()


@pytest.mark.parametrize(
    ("provider", "kind"), [("offline", sphinx.SphinxSTT), ("deepgram", deepgram.STT), ("openai", stt.StreamAdapter)]
)
async def test_messages_are_written_down_as_they_are_said(
    http: aiohttp.ClientSession, provider: str, kind: type[stt.STT[None]]
) -> None:
    spec = contract.ProviderSpec(provider=provider)
    built = registry.recogniser(spec, "en-US", registry.prewarm(plans.KEYS), http)
    assert isinstance(built, kind)
    assert built.capabilities.streaming
    await built.aclose()


def test_what_a_fixed_text_or_a_message_lacks_is_said_without_showing_any_key() -> None:
    loaded = registry.prewarm({})
    with pytest.raises(errors.ProviderUnavailable, match="ELEVENLABS_API_KEY"):
        registry.voice(contract.Voice(tts=contract.ProviderSpec(provider="elevenlabs"), language="en"), loaded)
    with pytest.raises(errors.ProviderUnavailable, match="DEEPGRAM_API_KEY"):
        registry.recogniser(contract.ProviderSpec(provider="deepgram"), "en", loaded)
    with pytest.raises(errors.ProviderUnavailable, match="cannot be served"):
        registry.recogniser(contract.ProviderSpec(provider="deepgrim"), "en", loaded)


def test_prewarming_has_a_recogniser_for_messages_too() -> None:
    loaded = registry.prewarm({}, [plans.plan(plans.OFFLINE)])
    ready = len(loaded._recognisers)
    registry.recogniser(contract.ProviderSpec(provider="offline"), "en", loaded)
    assert len(loaded._recognisers) == ready

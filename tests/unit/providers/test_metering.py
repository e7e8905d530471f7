"""What plugins use is counted under the names of the agent's file."""

from __future__ import annotations

import asyncio
import time

import pytest
from livekit.agents import llm, metrics, tts
from livekit.agents.metrics import base

from callcore import contract
from sip_config import providers
from sip_config.flows import flows
from tests.unit.providers import plans
from worker.providers import metering, registry
from worker.providers.offline import flow

pytestmark = pytest.mark.unit

DEADLINE_S = 30.0
HOST = "127.0.0.1:8000"
"""What OpenAI's plugin calls its provider where there is a `base_url`."""


def a_model(name: str = "flow") -> flow.FlowLLM:
    return flow.FlowLLM(flows.Flow.parse(plans.FLOW, "front-desk.flow.yaml"), name=name)


def thought(model: str, *, cached: int = 0) -> metrics.LLMMetrics:
    return metrics.LLMMetrics(
        label="llm",
        request_id="r",
        timestamp=time.time(),
        duration=0.1,
        ttft=0.1,
        cancelled=False,
        prompt_tokens=100,
        prompt_cached_tokens=cached,
        completion_tokens=7,
        total_tokens=107,
        tokens_per_second=70,
        metadata=base.Metadata(model_name=model, model_provider=HOST),
    )


def heard(*, seconds: float, streamed: bool) -> metrics.STTMetrics:
    return metrics.STTMetrics(
        label="stt", request_id="r", timestamp=time.time(), duration=0.1, audio_duration=seconds, streamed=streamed
    )


async def test_an_offline_agent_is_counted() -> None:
    meter = metering.Meter()
    agent = plans.plan(plans.OFFLINE)
    made = registry.build(agent, registry.prewarm({}), meter=meter)
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="What are your opening hours?")
    async with asyncio.timeout(DEADLINE_S):
        async with made.llm.chat(chat_ctx=context) as stream:
            words = [chunk.delta.content async for chunk in stream if chunk.delta and chunk.delta.content]
        async with made.tts.synthesize("We are open.") as spoken:
            frames: list[tts.SynthesizedAudio] = [event async for event in spoken]
        while len(meter.usage()) < 2:
            await asyncio.sleep(0.001)
    await made.aclose()
    model, voice = meter.usage()
    assert (model.part, model.provider, model.model) == (contract.Part.LLM, "offline", "front-desk.flow.yaml")
    assert (model.requests, model.input_tokens, model.output_tokens) == (1, 5, len(words))
    assert (voice.part, voice.provider, voice.model, voice.requests) == (contract.Part.TTS, "offline", "", 1)
    assert voice.characters == 12
    assert voice.audio_s == pytest.approx(sum(each.frame.duration for each in frames))


def test_a_fallback_is_counted_by_its_own_name() -> None:
    meter, plugin = metering.Meter(), a_model()
    first = providers.OpenAiLlm(provider="openai", model="gpt-4.1-mini")
    meter.watch(plugin, [first, providers.OfflineLlm(provider="offline", flow="plan-b.flow.yaml")])
    for told in (thought("gpt-4.1-mini", cached=64), thought("gpt-4.1-mini"), thought("plan-b.flow.yaml")):
        plugin.emit("metrics_collected", told)
    hosted, offline = meter.usage()
    assert (hosted.provider, hosted.model, hosted.requests) == ("openai", "gpt-4.1-mini", 2)
    assert (hosted.input_tokens, hosted.cached_input_tokens, hosted.output_tokens) == (200, 64, 14)
    assert (offline.provider, offline.model, offline.requests) == ("offline", "plan-b.flow.yaml", 1)


def test_a_model_by_another_name_counts_for_the_one_that_is_asked_first() -> None:
    meter, plugin = metering.Meter(), a_model()
    meter.watch(plugin, [providers.OpenAiLlm(provider="openai", model="gpt-4.1-mini")])
    plugin.emit("metrics_collected", thought("gpt-4.1-mini-2025-04-14"))
    assert [(each.provider, each.model) for each in meter.usage()] == [("openai", "gpt-4.1-mini")]


def test_sound_that_streams_is_counted_by_its_seconds_and_nothing_counts_for_nothing() -> None:
    meter, plugin = metering.Meter(), a_model()
    meter.watch(plugin, [providers.DeepgramStt(provider="deepgram")])
    plugin.emit("metrics_collected", heard(seconds=0, streamed=True))
    assert meter.usage() == ()
    for told in (heard(seconds=5, streamed=True), heard(seconds=2.5, streamed=True), heard(seconds=1, streamed=False)):
        plugin.emit("metrics_collected", told)
    (used,) = meter.usage()
    assert (used.provider, used.model, used.audio_s, used.requests) == ("deepgram", "nova-3", 8.5, 1)

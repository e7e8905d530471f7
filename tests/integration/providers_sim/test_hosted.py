"""The plugins that are built for hosted providers, talking to simulators of these providers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import pytest
from livekit.agents import llm, stt

from callcore import contract
from lab.providers import app, pcm, repliers, simulators
from sip_config.flows import flows
from tests.unit.providers import plans, telephone
from worker.providers import metering, registry

pytestmark = pytest.mark.integration

QUESTION = "What are your opening hours?"
DEADLINE_S = 10.0
RATE = 16_000


@pytest.fixture
def meter() -> metering.Meter:
    return metering.Meter()


@pytest.fixture
async def built(meter: metering.Meter) -> AsyncIterator[registry.Providers]:
    """The hosted set, each part with the simulators as its base URL."""
    flow = flows.Flow.parse(plans.FLOW, "front-desk.flow.yaml")
    async with (
        simulators.running(app.Options(replier=repliers.Flowing(flow))) as sims,
        aiohttp.ClientSession() as http,
    ):
        sims.register([(QUESTION, pcm.Sound(samples=telephone.speech(QUESTION, rate=RATE), rate=RATE))])
        parts = {
            "stt": {"provider": "deepgram", "base_url": sims.deepgram_url},
            "llm": {"provider": "openai", "base_url": sims.openai_url},
            "tts": {"provider": "elevenlabs", "base_url": sims.elevenlabs_url},
        }
        made = registry.build(plans.plan(parts), registry.prewarm({}), http, meter=meter)
        yield made
        await made.aclose()


async def test_deepgram_hears(built: registry.Providers) -> None:
    said = np.concatenate([telephone.speech(QUESTION, rate=RATE), telephone.silence(1.0)])
    async with asyncio.timeout(DEADLINE_S), built.stt.stream() as stream:
        for frame in telephone.frames(said):
            stream.push_frame(frame)
        heard = [
            event.alternatives[0].text
            async for event in _until_the_end(stream)
            if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT
        ]
    assert " ".join(heard) == QUESTION


async def test_openai_answers(built: registry.Providers, meter: metering.Meter) -> None:
    context = llm.ChatContext.empty()
    context.add_message(role="user", content=QUESTION)
    async with asyncio.timeout(DEADLINE_S), built.llm.chat(chat_ctx=context) as stream:
        said = "".join([chunk.delta.content or "" async for chunk in stream if chunk.delta])
    assert said.startswith("We are open Monday to Friday")
    used = await _used(meter)
    assert (used.provider, used.model, used.requests) == ("openai", "gpt-4.1-mini", 1)
    assert min(used.input_tokens, used.output_tokens) > 0


async def test_elevenlabs_speaks(built: registry.Providers, meter: metering.Meter) -> None:
    async with asyncio.timeout(DEADLINE_S), built.tts.stream() as stream:
        stream.push_text("We are open Monday to Friday.")
        stream.end_input()
        frames = [event.frame async for event in stream]
    assert {frame.sample_rate for frame in frames} == {RATE}
    spoken_s = sum(frame.duration for frame in frames)
    assert spoken_s > 1.0
    used = await _used(meter)
    assert (used.provider, used.model) == ("elevenlabs", "eleven_turbo_v2_5")
    assert used.characters == 29
    assert used.audio_s == pytest.approx(spoken_s)


async def _used(meter: metering.Meter) -> contract.ProviderUsage:
    """What the only plugin that was used has used; plugins tell a moment after their last word."""
    async with asyncio.timeout(DEADLINE_S):
        while not meter.usage():
            await asyncio.sleep(0.005)
    (used,) = meter.usage()
    return used


async def _until_the_end(stream: stt.RecognizeStream) -> AsyncIterator[stt.SpeechEvent]:
    async for event in stream:
        yield event
        if event.type is stt.SpeechEventType.END_OF_SPEECH:
            return

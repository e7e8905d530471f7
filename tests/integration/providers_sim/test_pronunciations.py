"""What an agent says reaches the voice as it is to be pronounced, with its settings, and the record as written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from livekit import agents
from livekit.agents import llm
from livekit.agents.voice import events as session_events
from livekit.agents.voice import io

from callcore import contract
from lab import speech
from lab.providers import elevenlabs as simulated
from lab.providers import simulators
from tests.unit.providers import plans
from tests.unit.worker import reports, samples
from worker.jobs import sessions
from worker.jobs.speech import speaking
from worker.providers import registry

pytestmark = pytest.mark.integration

WRITTEN = "Thank you for calling Acme. New York is Acme's home, not Acmeville."
SAID = "Thank you for calling Ak mee. Noo Yawk is Ak mee's home, not Acmeville."
WORDS = {"Acme": "Ak mee", "New York": "Noo Yawk"}
SETTINGS = {"stability": 0.3, "similarity_boost": 0.9, "speed": 1.1}
DEADLINE_S = 20.0


class Ear(io.AudioOutput):
    """Where the session's speech goes: takes it and plays it at once."""

    def __init__(self) -> None:
        super().__init__(label="Ear", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=16_000)
        self.heard_s = 0.0

    async def capture_frame(self, frame: Any) -> None:
        await super().capture_frame(frame)
        self.heard_s += frame.duration

    def flush(self) -> None:
        super().flush()
        self.on_playback_finished(playback_position=self.heard_s, interrupted=False)

    def clear_buffer(self) -> None:
        pass


class Simulator:
    """What the simulated voice was told: texts as they were spoken, and the settings with them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.settings: list[dict[str, float]] = []

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Simulator:
    simulator, say, obey = Simulator(), speech.say_async, simulated._Conversation._obey

    async def say_and_remember(text: str, voice: speech.Voice) -> Any:
        simulator.texts.append(text)
        return await say(text, voice)

    async def obey_and_remember(self: Any, text: str) -> bool:
        if settings := json.loads(text).get("voice_settings"):
            simulator.settings.append(settings)
        return await obey(self, text)

    read = aiohttp.web.Request.read

    async def read_and_remember(request: aiohttp.web.Request) -> bytes:
        body = await read(request)
        if request.path.endswith("/stream"):
            simulator.settings.append(json.loads(body)["voice_settings"])
        return body

    monkeypatch.setattr(speech, "say_async", say_and_remember)
    monkeypatch.setattr(simulated._Conversation, "_obey", obey_and_remember)
    monkeypatch.setattr(aiohttp.web.Request, "read", read_and_remember)
    return simulator


@pytest.fixture
def voice(sims: simulators.Simulators) -> dict[str, object]:
    return {
        "provider": "elevenlabs",
        "base_url": sims.elevenlabs_url,
        "voice": "slt",
        "stability": 0.3,
        "similarity": 0.9,
        "speed": 1.1,
    }


@pytest.fixture
async def session(
    voice: dict[str, object], http: aiohttp.ClientSession
) -> AsyncIterator[tuple[agents.AgentSession[None], list[str]]]:
    """An agent's session as in a call, without a room."""
    plan = plans.plan({**plans.OFFLINE, "tts": voice}).model_copy(update={"pronunciations": WORDS})
    providers = registry.build(plan, registry.prewarm({}), http)
    made, written = sessions.new(plan, providers), []
    made.output.audio = Ear()

    def on_item(event: session_events.ConversationItemAddedEvent) -> None:
        if isinstance(event.item, llm.ChatMessage):
            written.append(event.item.text_content or "")

    made.on("conversation_item_added", on_item)
    await made.start(agents.Agent(instructions="Help."), record=False)
    yield made, written
    await made.aclose()
    await providers.aclose()


async def test_an_agent_pronounces_and_its_transcript_does_not(
    session: tuple[agents.AgentSession[None], list[str]], heard: Simulator
) -> None:
    made, written = session
    async with asyncio.timeout(DEADLINE_S):
        await made.say(WRITTEN)
    assert heard.text == SAID
    assert written == [WRITTEN]
    assert heard.settings == [SETTINGS]


async def test_words_that_come_in_pieces_are_pronounced_too(
    session: tuple[agents.AgentSession[None], list[str]], heard: Simulator
) -> None:
    async def pieces() -> AsyncIterator[str]:
        for start in range(0, len(WRITTEN), 3):
            yield WRITTEN[start : start + 3]

    made, written = session
    async with asyncio.timeout(DEADLINE_S):
        await made.say(pieces())
    assert heard.text == SAID
    assert written == [WRITTEN]


async def test_a_fixed_text_is_pronounced_and_spoken_with_the_settings(
    voice: dict[str, object], http: aiohttp.ClientSession, heard: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = contract.Voice(tts=contract.ProviderSpec.model_validate(voice), language="en", pronunciations=WORDS)
    made = registry.voice(plan, registry.prewarm({}), http)
    monkeypatch.setattr(registry, "voice", lambda *_, **__: made)
    nothing: Any = None
    told: Any = reports.Reports()
    speaker = speaking.Speaker(nothing, plan, nothing, reports=told, timepiece=samples.a_clock(), on_heard=lambda: None)
    async with asyncio.timeout(DEADLINE_S):
        seconds = sum([frame.duration async for frame in speaker._synthesised(WRITTEN)])
    await speaker.aclose()
    assert seconds > 2.0
    assert heard.text == SAID
    assert heard.settings == [SETTINGS]

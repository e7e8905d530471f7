"""Either detector of voice activity hears a caller on the telephone, as an agent's plan asks for it."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from livekit.agents import inference, vad
from livekit.plugins import silero

from tests.unit.providers import plans, telephone
from worker.providers import registry

pytestmark = pytest.mark.integration

DEADLINE_S = 20.0


@pytest.mark.parametrize(
    ("provider", "kind"), [("local", inference.VAD), ("silero", silero.VAD)], ids=["local", "silero"]
)
async def test_speech_is_told_from_silence(provider: str, kind: type[vad.VAD]) -> None:
    agent = plans.plan({**plans.OFFLINE, "vad": {"provider": provider}})
    loaded = registry.prewarm({}, [agent])
    built = registry.build(agent, loaded)
    assert isinstance(built.vad, kind)
    assert registry.build(agent, loaded).vad is built.vad, "loaded once in a process"
    said = telephone.speech("Hello, can you hear me?")
    sound = np.concatenate([telephone.silence(1.0), said, telephone.silence(1.5)])
    stream = built.vad.stream()
    for frame in telephone.frames(sound):
        stream.push_frame(frame)
    begun = ended = None
    async with asyncio.timeout(DEADLINE_S):
        async for event in stream:
            if event.type is vad.VADEventType.START_OF_SPEECH:
                begun = event.timestamp if begun is None else begun
            elif event.type is vad.VADEventType.END_OF_SPEECH:
                ended = event.timestamp
            if event.timestamp >= len(sound) / 16_000 - 0.1:
                break
    await stream.aclose()
    await built.aclose()
    assert begun is not None
    assert ended is not None
    assert 0.8 < begun < 1.6
    assert ended > 1.0 + 0.7 * len(said) / 16_000

"""What offline recognition makes of a synthetic caller."""

from __future__ import annotations

import asyncio

import numpy as np
from livekit.agents import stt

from tests.unit.providers import telephone
from worker.providers.offline import sphinx

ROOM_RATE = 24_000  # Hz; what a session hands to recognition
_DEADLINE_S = 20.0


async def events(recognition: sphinx.SphinxSTT, *said: str, voice: str = "rms") -> list[stt.SpeechEvent]:
    """Everything that is told of these utterances in one call, with a second of silence after each."""
    stream = recognition.stream()
    for text in said:
        sound = [telephone.speech(text, voice, ROOM_RATE), telephone.silence(1.0, ROOM_RATE)]
        for frame in telephone.frames(np.concatenate(sound), ROOM_RATE):
            stream.push_frame(frame)
    stream.end_input()
    async with asyncio.timeout(_DEADLINE_S):
        found = [event async for event in stream]
    await stream.aclose()
    return found


def transcripts(found: list[stt.SpeechEvent]) -> list[str]:
    finals = [event for event in found if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT]
    return [event.alternatives[0].text for event in finals]


async def heard(recognition: sphinx.SphinxSTT, *said: str, voice: str = "rms") -> list[str]:
    """What is written down of these utterances in one call."""
    return transcripts(await events(recognition, *said, voice=voice))

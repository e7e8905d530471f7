"""Messages of ElevenLabs' speech synthesis: what is asked for, and what is answered.

Shapes as of https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from typing import Annotated

import pydantic

from lab.providers import lines, pcm

CHUNK_S = 0.2
"""Sound in one message."""
CHUNK_SCHEDULE = (120, 160, 250, 290)
"""Characters that are gathered before each piece is spoken, when the client leaves it to the server."""
MAX_TEXT = 2000
"""Characters; about two minutes of speech."""

_RATES = {f"pcm_{rate}": rate for rate in (8000, 16000, 22050, 24000, 44100)}


def _rate(output_format: object) -> object:
    """The sample rate of a format's name."""
    if isinstance(output_format, str) and output_format in _RATES:
        return _RATES[output_format]
    raise ValueError(f"the simulator speaks {', '.join(_RATES)}")


class Query(pydantic.BaseModel):
    """The query of a socket or a request. What is not listed is accepted and changes nothing."""

    model_config = pydantic.ConfigDict(frozen=True)

    model_id: str = pydantic.Field("eleven_multilingual_v2", max_length=100)
    rate: Annotated[int, pydantic.BeforeValidator(_rate)] = pydantic.Field(alias="output_format")
    auto_mode: bool = False
    """Speak each text as it comes."""
    sync_alignment: bool = False
    """Tell when each character is spoken."""
    inactivity_timeout: int = pydantic.Field(20, ge=1, le=180)
    """Seconds without a message after which the socket is closed."""


class OneShot(pydantic.BaseModel):
    """The body of a request for one text."""

    model_config = pydantic.ConfigDict(frozen=True)

    text: Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]
    model_id: str = pydantic.Field("eleven_multilingual_v2", max_length=100)


class Generation(pydantic.BaseModel):
    """How a context gathers text."""

    model_config = pydantic.ConfigDict(frozen=True)

    chunk_length_schedule: tuple[Annotated[int, pydantic.Field(ge=1, le=MAX_TEXT)], ...] = CHUNK_SCHEDULE


class ClientMessage(pydantic.BaseModel):
    """A message of the client, about one context unless it closes the socket."""

    model_config = pydantic.ConfigDict(frozen=True)

    context_id: str = pydantic.Field("default", max_length=100)
    text: str | None = pydantic.Field(None, max_length=MAX_TEXT)
    flush: bool = False
    close_context: bool = False
    close_socket: bool = False
    generation_config: Generation = Generation()


def audio(context_id: str, sound: pcm.Sound, alignment: lines.Message | None) -> lines.Message:
    return {
        "audio": base64.b64encode(sound.linear16()).decode(),
        "contextId": context_id,
        "isFinal": False,
        "alignment": alignment,
        "normalizedAlignment": alignment,
    }


def final(context_id: str) -> lines.Message:
    return {"contextId": context_id, "isFinal": True}


def error(context_id: str, name: str, message: str) -> lines.Message:
    return {"contextId": context_id, "error": name, "message": message, "code": 1008}


def chunks(text: str, sound: pcm.Sound, start_ms: float) -> Iterator[tuple[pcm.Sound, lines.Message]]:
    """A spoken text in pieces, with the characters that begin in each.

    Args:
        text: what is spoken; its characters are taken to last equally long.
        sound: how it sounds.
        start_ms: where it begins in its context, which alignments count from.
    """
    size = int(sound.rate * CHUNK_S)
    character_ms = sound.duration_s * 1000 / max(len(text), 1)
    starts = [index * character_ms for index in range(len(text))]
    bounds = [*range(0, len(sound.samples), size), len(sound.samples)]
    for begin, end in itertools.pairwise(bounds):
        since, until = begin * 1000 / sound.rate, end * 1000 / sound.rate
        spoken = [index for index, start in enumerate(starts) if since <= start < until]
        alignment = {
            "chars": [text[index] for index in spoken],
            "charStartTimesMs": [round(start_ms + starts[index]) for index in spoken],
            "charDurationsMs": [round(character_ms) for _ in spoken],
        }
        yield pcm.Sound(samples=sound.samples[begin:end], rate=sound.rate), alignment

"""Voices by ElevenLabs."""

from __future__ import annotations

from typing import Final

import aiohttp
from livekit.agents.types import NOT_GIVEN
from livekit.plugins import elevenlabs

from sip_config import providers
from worker.providers import servers

_ENCODING: Final = "pcm_16000"
"""Twice what a telephone carries, and nothing has to be decoded."""


def tts(settings: providers.ElevenLabsTts, key: str, http: aiohttp.ClientSession | None) -> elevenlabs.TTS:
    """Streaming speech; one WebSocket for the whole call."""
    own = None if settings.base_url is None else servers.session(settings.base_url)
    made = elevenlabs.TTS(
        voice_id=settings.voice_id,
        voice_settings=elevenlabs.VoiceSettings(
            stability=settings.stability, similarity_boost=settings.similarity, speed=settings.speed
        ),
        model=settings.model,
        encoding=_ENCODING,
        api_key=key,
        base_url=settings.base_url or NOT_GIVEN,
        language=settings.language or NOT_GIVEN,
        http_session=own or http,
    )
    return made if own is None else servers.owning(made, own.close)

"""Recognition by Deepgram."""

from __future__ import annotations

import aiohttp
from livekit.plugins import deepgram

from sip_config import providers
from worker.providers import servers

_LISTEN = "https://api.deepgram.com/v1/listen"

_SEGMENT_MS = 25
"""Silence that finalises a segment. Short, because the text should be there when the turn detector has decided."""

_TURN_MS = 300
"""The same where it decides the turn: shorter ones would cut people off between two words."""


def stt(
    settings: providers.DeepgramStt, key: str, language: str, *, ends_turns: bool, http: aiohttp.ClientSession | None
) -> deepgram.STT:
    """Streaming recognition; `base_url` is that of the listen endpoint."""
    own = None if settings.base_url is None else servers.session(settings.base_url)
    made = deepgram.STT(
        model=settings.model,
        language=settings.language or language,
        api_key=key,
        base_url=settings.base_url or _LISTEN,
        keyterm=list(settings.keyterms),
        numerals=settings.numerals,
        endpointing_ms=_TURN_MS if ends_turns else _SEGMENT_MS,
        http_session=own or http,
    )
    return made if own is None else servers.owning(made, own.close)

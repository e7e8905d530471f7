"""Language models, recognition and voices by OpenAI, or by any server that speaks its protocol."""

from __future__ import annotations

from livekit.agents.types import NOT_GIVEN
from livekit.plugins import openai
from openai import AsyncClient as Client

from sip_config import providers
from worker.providers import servers


def llm(settings: providers.OpenAiModel, key: str) -> openai.LLM:
    """Chat completions."""
    own = _client(settings, key)
    made = openai.LLM(
        model=settings.model,
        api_key=key,
        client=own,
        temperature=NOT_GIVEN if settings.temperature is None else settings.temperature,
        max_completion_tokens=settings.max_tokens or NOT_GIVEN,
        # Servers other than the vendor's often do not know strict schemas, and refuse the request.
        _strict_tool_schema=settings.base_url is None,
    )
    return made if own is None else servers.owning(made, own.close)


def stt(settings: providers.OpenAiStt, key: str, language: str) -> openai.STT:
    """Transcription, one request per utterance."""
    own = _client(settings, key)
    made = openai.STT(
        model=settings.model,
        language=(settings.language or language).split("-", 1)[0],
        prompt=settings.prompt or NOT_GIVEN,
        api_key=key,
        client=own,
        use_realtime=False,
    )
    return made if own is None else servers.owning(made, own.close)


def tts(settings: providers.OpenAiTts, key: str) -> openai.TTS:
    """Speech, one request per sentence, as PCM: nothing has to be decoded."""
    own = _client(settings, key)
    made = openai.TTS(
        model=settings.model,
        voice=settings.voice,
        speed=settings.speed,
        api_key=key,
        client=own,
        response_format="pcm",
    )
    return made if own is None else servers.owning(made, own.close)


def _client(settings: providers.OpenAiModel | providers.OpenAiStt | providers.OpenAiTts, key: str) -> Client | None:
    """The client for another server; None where the plugin's own for OpenAI will do."""
    if settings.base_url is None:
        return None
    from worker.providers import guarded_clients  # loads a transport that OpenAI's own host needs later, or never

    return guarded_clients.openai_client(settings.base_url, key)

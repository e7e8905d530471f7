"""Language models, recognition and voices by OpenAI, or by any server that speaks its protocol."""

from __future__ import annotations

from livekit.agents.types import NOT_GIVEN
from livekit.plugins import openai

from sip_config import providers


def llm(settings: providers.OpenAiModel, key: str) -> openai.LLM:
    """Chat completions."""
    return openai.LLM(
        model=settings.model,
        api_key=key,
        base_url=settings.base_url or NOT_GIVEN,
        temperature=NOT_GIVEN if settings.temperature is None else settings.temperature,
        max_completion_tokens=settings.max_tokens or NOT_GIVEN,
        # Servers other than the vendor's often do not know strict schemas, and refuse the request.
        _strict_tool_schema=settings.base_url is None,
    )


def stt(settings: providers.OpenAiStt, key: str, language: str) -> openai.STT:
    """Transcription, one request per utterance."""
    return openai.STT(
        model=settings.model,
        language=(settings.language or language).split("-", 1)[0],
        prompt=settings.prompt or NOT_GIVEN,
        api_key=key,
        base_url=settings.base_url or NOT_GIVEN,
        use_realtime=False,
    )


def tts(settings: providers.OpenAiTts, key: str) -> openai.TTS:
    """Speech, one request per sentence, as PCM: nothing has to be decoded."""
    return openai.TTS(
        model=settings.model,
        voice=settings.voice,
        speed=settings.speed,
        api_key=key,
        base_url=settings.base_url or NOT_GIVEN,
        response_format="pcm",
    )

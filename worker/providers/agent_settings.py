"""The provider settings inside a plan."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pydantic

from callcore import contract, errors
from sip_config import providers

_TTS: pydantic.TypeAdapter[providers.Tts] = pydantic.TypeAdapter(providers.Tts)
_STT: pydantic.TypeAdapter[providers.Stt] = pydantic.TypeAdapter(providers.Stt)

_DETECTORS = {
    "local": providers.TurnDetection.V1_MINI,
    "vad": providers.TurnDetection.VAD,
    "stt": providers.TurnDetection.STT,
}


def of(agent: contract.AgentPlan) -> providers.ProviderSettings:
    """What an agent listens, thinks and speaks with.

    Raises:
        errors.ConfigurationInvalid: one sentence for each setting that cannot be.
    """
    with _in_sentences():
        return providers.ProviderSettings.model_validate(
            {
                "stt": agent.stt.model_dump(),
                "llm": agent.llm.model_dump(),
                "tts": agent.tts.model_dump(),
                "vad": agent.vad.model_dump(),
                "turn_detection": _DETECTORS[agent.turns.detector],
            }
        )


def voice(spec: contract.ProviderSpec) -> providers.Tts:
    """What a fixed text is spoken with. Raises as `of`."""
    with _in_sentences():
        return _TTS.validate_python(spec.model_dump())


def recogniser(spec: contract.ProviderSpec) -> providers.Stt:
    """What a message is written down with. Raises as `of`."""
    with _in_sentences():
        return _STT.validate_python(spec.model_dump())


@contextlib.contextmanager
def _in_sentences() -> Iterator[None]:
    try:
        yield
    except pydantic.ValidationError as error:
        raise errors.ConfigurationInvalid(
            [_sentence(problem["loc"], problem["msg"]) for problem in error.errors()]
        ) from None


def _sentence(location: tuple[str | int, ...], message: str) -> str:
    return f"{'.'.join(map(str, location))}: {message}"

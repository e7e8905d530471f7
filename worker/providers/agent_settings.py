"""The provider settings inside an agent's plan."""

from __future__ import annotations

import pydantic

from callcore import contract, errors
from sip_config import providers

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
    try:
        return providers.ProviderSettings.model_validate(
            {
                "stt": agent.stt.model_dump(),
                "llm": agent.llm.model_dump(),
                "tts": agent.tts.model_dump(),
                "vad": agent.vad.model_dump(),
                "turn_detection": _DETECTORS[agent.turns.detector],
            }
        )
    except pydantic.ValidationError as error:
        raise errors.ConfigurationInvalid(
            [_sentence(problem["loc"], problem["msg"]) for problem in error.errors()]
        ) from None


def _sentence(location: tuple[str | int, ...], message: str) -> str:
    return f"{'.'.join(map(str, location))}: {message}"

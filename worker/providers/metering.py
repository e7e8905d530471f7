"""How much a call uses of its providers, as the plugins tell of each request."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Protocol

from livekit.agents import llm, metrics, stt, tts

from callcore import contract

_LONGEST_NAME = 200  # characters, as the contract allows
_MOST_MODELS = 50

Plugin = stt.STT[Any] | llm.LLM[Any] | tts.TTS[Any]
"""(`Any`: the parameter of the plugins' classes names extra events.)"""


class Settings(Protocol):
    """Settings of one provider: `sip_config.providers`."""

    @property
    def provider(self) -> str: ...


class Meter:
    """Adds up what plugins report. Under a provider's name in the agent's file, whatever its server is called."""

    def __init__(self) -> None:
        self._amounts: defaultdict[tuple[contract.Part, str, str], defaultdict[str, float]] = defaultdict(
            lambda: defaultdict(float)
        )

    def watch(self, plugin: Plugin, settings: Iterable[Settings]) -> None:
        """Count what a plugin uses from now on.

        Args:
            plugin: recognition, model or voice.
            settings: what it was made of; several where it has fallbacks, the first is asked first.
        """
        names = {_model(each): each.provider for each in settings}
        plugin.on("metrics_collected", functools.partial(self._add, names))

    def usage(self) -> tuple[contract.ProviderUsage, ...]:
        """All of it so far."""
        return tuple(
            contract.ProviderUsage(
                part=part,
                provider=provider,
                model=model[:_LONGEST_NAME],
                requests=round(used["requests"]),
                audio_s=used["audio_s"],
                characters=round(used["characters"]),
                input_tokens=round(used["input_tokens"]),
                cached_input_tokens=round(used["cached_input_tokens"]),
                output_tokens=round(used["output_tokens"]),
            )
            for (part, provider, model), used in list(self._amounts.items())[:_MOST_MODELS]
        )

    def _add(self, names: dict[str, str], told: metrics.AgentMetrics) -> None:
        match told:
            case metrics.STTMetrics():
                part, used = contract.Part.STT, _heard(told)
            case metrics.LLMMetrics():
                part, used = contract.Part.LLM, _thought(told)
            case metrics.TTSMetrics():
                part, used = contract.Part.TTS, _spoken(told)
            case _:
                return
        if any(used.values()):
            said = told.metadata.model_name if told.metadata else None
            model = said if said in names else next(iter(names))
            amounts = self._amounts[part, names[model], model]
            for name, amount in used.items():
                amounts[name] += amount


def _model(settings: Settings) -> str:
    """What the plugin calls itself in its reports: the model, or the flow in the place of one; else nothing."""
    return str(getattr(settings, "model", "") or getattr(settings, "flow", ""))


def _heard(told: metrics.STTMetrics) -> dict[str, float]:
    # Of a stream each report is of a stretch of sound, not of a request.
    return {
        "requests": 0 if told.streamed else 1,
        "audio_s": told.audio_duration,
        "input_tokens": told.input_tokens,
        "output_tokens": told.output_tokens,
    }


def _thought(told: metrics.LLMMetrics) -> dict[str, float]:
    return {
        "requests": 1,
        "input_tokens": told.prompt_tokens,
        "cached_input_tokens": told.prompt_cached_tokens,
        "output_tokens": told.completion_tokens,
    }


def _spoken(told: metrics.TTSMetrics) -> dict[str, float]:
    return {
        "requests": 1,
        "characters": told.characters_count,
        "audio_s": told.audio_duration,
        "input_tokens": told.input_tokens,
        "output_tokens": told.output_tokens,
    }

"""Single plugins, each made of its settings."""

from __future__ import annotations

from typing import Any

import aiohttp
from livekit.agents import llm, stt, tts

from callcore import errors
from sip_config import providers
from worker.providers import deepgram, elevenlabs, keys, openai, warm

_ATTEMPT_S = 4.0
"""How long a model may be silent before its fallback is asked: the caller hears nothing meanwhile."""


class Maker:
    """Makes the plugins of one call. (`Any`: the parameter of the plugins' classes names extra events.)

    Every method raises `errors.ProviderUnavailable` where a key, a library or a flow is missing.
    """

    def __init__(self, loaded: warm.Warm, http: aiohttp.ClientSession | None) -> None:
        self._loaded = loaded
        self._http = http

    def recogniser(
        self, wanted: providers.Stt, language: str, *, phrases: tuple[str, ...] = (), ends_turns: bool = False
    ) -> stt.STT[Any]:
        """Recognition; `phrases` are what callers are expected to say."""
        match wanted:
            case providers.DeepgramStt():
                return deepgram.stt(wanted, self._key(wanted), language, ends_turns=ends_turns, http=self._http)
            case providers.OpenAiStt():
                return openai.stt(wanted, self._key(wanted), language)
            case providers.OfflineStt():
                pool = self._loaded.recognisers(wanted, phrases)
                from worker.providers.offline import sphinx

                return sphinx.SphinxSTT(pool, min_confidence=wanted.min_confidence)

    def model(self, wanted: providers.Llm, script: str | None) -> llm.LLM[Any]:
        """A model, with its fallbacks; `script` is the text of the flow, where there is one."""
        if isinstance(wanted, providers.OpenAiLlm) and wanted.fallback:
            members = [self._single(member, script) for member in (wanted, *wanted.fallback)]
            return llm.FallbackAdapter(members, attempt_timeout=_ATTEMPT_S)
        return self._single(wanted, script)

    def voice(self, wanted: providers.Tts) -> tts.TTS[Any]:
        """A voice."""
        match wanted:
            case providers.ElevenLabsTts():
                return elevenlabs.tts(wanted, self._key(wanted), self._http)
            case providers.OpenAiTts():
                return openai.tts(wanted, self._key(wanted))
            case providers.OfflineTts():
                from worker.providers.offline import flite

                return flite.FliteTTS(wanted.voice)

    def _single(self, wanted: providers.OpenAiModel | providers.OfflineLlm, script: str | None) -> llm.LLM[Any]:
        if isinstance(wanted, providers.OpenAiModel):
            return openai.llm(wanted, self._key(wanted))
        from worker.providers.offline import flow

        if script is None:
            raise errors.ProviderUnavailable(f"the text of the flow {wanted.flow} is missing in the agent's plan")
        return flow.FlowLLM(self._loaded.flow(script), name=wanted.flow)

    def _key(self, wanted: keys.Hosted) -> str:
        return keys.key(wanted, self._loaded.environment)

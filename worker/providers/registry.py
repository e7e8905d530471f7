"""From an agent's plan to the plugins of its call: `check` at the worker's start, `prewarm` and `build` in each job."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
from livekit.agents import llm, stt, tts, vad

from callcore import contract, errors
from sip_config import providers
from worker.providers import agent_settings, checks, deepgram, elevenlabs, keys, local, openai, warm

Warm = warm.Warm
check = checks.check

_ATTEMPT_S = 4.0
"""How long a model may be silent before its fallback is asked: the caller hears nothing meanwhile."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Providers:
    """What an AgentSession is made of. (`Any`: the parameter of the plugins' classes names extra events.)"""

    stt: stt.STT[Any]
    llm: llm.LLM[Any]
    tts: tts.TTS[Any]
    vad: vad.VAD
    turn_detection: local.TurnDetection

    async def aclose(self) -> None:
        """Close connections and threads; the detectors are the process's own."""
        for provider in (self.stt, self.llm, self.tts):
            await provider.aclose()


def prewarm(environment: Mapping[str, str], agents: Iterable[contract.AgentPlan] = ()) -> Warm:
    """Load what takes time, once in a process, for the agents that may be called.

    Args:
        environment: where `${NAME}` references are looked up.
        agents: those whose recognisers and voices shall be ready.
    """
    loaded = Warm(environment)
    loaded.load(agents)
    return loaded


def build(agent: contract.AgentPlan, loaded: Warm, http: aiohttp.ClientSession | None = None) -> Providers:
    """The plugins for one call.

    Args:
        agent: the plan.
        loaded: what the process has ready.
        http: for use outside a job; inside one the plugins share the job's own.

    Raises:
        errors.ProviderUnavailable: a key, a library or a flow is missing.
    """
    try:
        return _Building(agent, loaded, http).complete()
    except (errors.ConfigurationInvalid, ValueError) as error:
        raise errors.ProviderUnavailable(f"agent {agent.agent_id} cannot be served: {error}") from error


class _Building:
    def __init__(self, agent: contract.AgentPlan, loaded: Warm, http: aiohttp.ClientSession | None) -> None:
        self._agent = agent
        self._loaded = loaded
        self._http = http
        self._settings = agent_settings.of(agent)

    def complete(self) -> Providers:
        return Providers(
            stt=self._stt(self._settings.stt),
            llm=self._llm(self._settings.llm),
            tts=self._tts(self._settings.tts),
            vad=self._loaded.activity(self._settings.vad),
            turn_detection=local.turn_detection(self._settings.turns_by),
        )

    def _stt(self, wanted: providers.DeepgramStt | providers.OpenAiStt | providers.OfflineStt) -> stt.STT[Any]:
        language = self._agent.language
        match wanted:
            case providers.DeepgramStt():
                ends_turns = self._settings.turns_by is providers.TurnDetection.STT
                return deepgram.stt(wanted, self._key(wanted), language, ends_turns=ends_turns, http=self._http)
            case providers.OpenAiStt():
                return openai.stt(wanted, self._key(wanted), language)
            case providers.OfflineStt():
                pool = self._loaded.recognisers(wanted, self._loaded.phrases(self._agent))
                from worker.providers.offline import sphinx

                return sphinx.SphinxSTT(pool, min_confidence=wanted.min_confidence)

    def _llm(self, wanted: providers.OpenAiLlm | providers.OfflineLlm) -> llm.LLM[Any]:
        if isinstance(wanted, providers.OpenAiLlm) and wanted.fallback:
            members = [self._model(member) for member in (wanted, *wanted.fallback)]
            return llm.FallbackAdapter(members, attempt_timeout=_ATTEMPT_S)
        return self._model(wanted)

    def _model(self, wanted: providers.OpenAiModel | providers.OfflineLlm) -> llm.LLM[Any]:
        if isinstance(wanted, providers.OpenAiModel):
            return openai.llm(wanted, self._key(wanted))
        from worker.providers.offline import flow

        if self._agent.flow is None:
            raise errors.ProviderUnavailable(f"the text of the flow {wanted.flow} is missing in the agent's plan")
        return flow.FlowLLM(self._loaded.flow(self._agent.flow), name=wanted.flow)

    def _tts(self, wanted: providers.ElevenLabsTts | providers.OpenAiTts | providers.OfflineTts) -> tts.TTS[Any]:
        match wanted:
            case providers.ElevenLabsTts():
                return elevenlabs.tts(wanted, self._key(wanted), self._http)
            case providers.OpenAiTts():
                return openai.tts(wanted, self._key(wanted))
            case providers.OfflineTts():
                from worker.providers.offline import flite

                return flite.FliteTTS(wanted.voice)

    def _key(self, wanted: keys.Hosted) -> str:
        return keys.key(wanted, self._loaded.environment)

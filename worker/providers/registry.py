"""From a plan to the plugins of its call: `check` at the worker's start, `prewarm`, then what a call needs."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import aiohttp
from livekit import agents
from livekit.agents import llm, stt, tts, vad

from callcore import contract, errors
from sip_config import providers
from worker.providers import agent_settings, checks, local, metering, parts, warm

Warm = warm.Warm
check = checks.check

ATTEMPT = agents.APIConnectOptions(max_retry=1, retry_interval=0.5, timeout=4.0)
"""How a provider is tried: a caller waits meanwhile."""


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


def prewarm(environment: Mapping[str, str], known: Iterable[contract.AgentPlan] = ()) -> Warm:
    """Load what takes time, once in a process, for the agents that may be called.

    Args:
        environment: where `${NAME}` references are looked up.
        known: those whose recognisers and voices shall be ready.
    """
    loaded = Warm(environment)
    loaded.load(known)
    return loaded


def build(
    agent: contract.AgentPlan,
    loaded: Warm,
    http: aiohttp.ClientSession | None = None,
    *,
    meter: metering.Meter | None = None,
) -> Providers:
    """The plugins for one conversation.

    Args:
        agent: the plan.
        loaded: what the process has ready.
        http: for use outside a job; inside one the plugins share the job's own.
        meter: counts what they use.

    Raises:
        errors.ProviderUnavailable: a key, a library or a flow is missing.
    """
    with _unavailable(f"agent {agent.agent_id} cannot be served"):
        wanted, maker = agent_settings.of(agent), parts.Maker(loaded, http)
        ends_turns = wanted.turns_by is providers.TurnDetection.STT
        phrases = loaded.phrases(agent) if isinstance(wanted.stt, providers.OfflineStt) else ()
        made = Providers(
            stt=maker.recogniser(wanted.stt, agent.language, phrases=phrases, ends_turns=ends_turns),
            llm=maker.model(wanted.llm, agent.flow),
            tts=maker.voice(wanted.tts),
            vad=loaded.activity(wanted.vad),
            turn_detection=local.turn_detection(wanted.turns_by),
        )
    if meter is not None:
        models = wanted.llm.fallback if isinstance(wanted.llm, providers.OpenAiLlm) else ()
        meter.watch(made.stt, [wanted.stt])
        meter.watch(made.llm, [wanted.llm, *models])
        meter.watch(made.tts, [wanted.tts])
    return made


def voice(
    plan: contract.Voice,
    loaded: Warm,
    http: aiohttp.ClientSession | None = None,
    *,
    meter: metering.Meter | None = None,
) -> tts.TTS[Any]:
    """The voice for a fixed text; the arguments and errors are those of `build`."""
    with _unavailable("the voice cannot be served"):
        wanted = agent_settings.voice(plan.tts)
        made = parts.Maker(loaded, http).voice(wanted)
    if meter is not None:
        meter.watch(made, [wanted])
    return made


def recogniser(
    spec: contract.ProviderSpec,
    language: str,
    loaded: Warm,
    http: aiohttp.ClientSession | None = None,
    *,
    meter: metering.Meter | None = None,
) -> stt.STT[Any]:
    """Recognition of whatever somebody says, as a stream; the arguments and errors are those of `build`."""
    with _unavailable("recognition cannot be served"):
        wanted = agent_settings.recogniser(spec)
        made = parts.Maker(loaded, http).recogniser(wanted, language)
        if meter is not None:
            meter.watch(made, [wanted])
        if made.capabilities.streaming:
            return made
        return stt.StreamAdapter(stt=made, vad=loaded.activity(providers.LocalVad()))


@contextlib.contextmanager
def _unavailable(what: str) -> Iterator[None]:
    try:
        yield
    except (errors.ConfigurationInvalid, ValueError) as error:
        raise errors.ProviderUnavailable(f"{what}: {error}") from error

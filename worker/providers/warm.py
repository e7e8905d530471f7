"""What a job process has loaded before its call comes, and shares among the providers of that call."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from livekit.agents import vad

from callcore import contract, errors
from sip_config import providers
from sip_config.flows import flows
from worker.providers import agent_settings, local

if TYPE_CHECKING:
    from worker.providers.offline import recognisers

_log = logging.getLogger(__name__)

_MAX_RECOGNISERS = 4
"""Each takes about 12 MB; agents beyond these load theirs when they are called, in 0.1 s."""

_NO_PHRASES: tuple[str, ...] = ()
"""What callers are expected to say to a machine that takes messages."""


class Warm:
    """Loaded models, and the environment that keys are taken from."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._activity: dict[providers.LocalVad | providers.SileroVad, vad.VAD] = {}
        self._recognisers: dict[tuple[providers.OfflineStt, tuple[str, ...]], recognisers.RecogniserPool] = {}
        self._flows: dict[str, flows.Flow] = {}
        self.activity(providers.LocalVad())

    def load(self, agents: Iterable[contract.AgentPlan]) -> None:
        """Load what these agents need, as far as they can work at all."""
        for agent in agents:
            try:
                self._load(agent)
            except errors.TrunklineError as error:
                # The worker says at its start what is wrong with an agent; the others must still be ready.
                _log.debug("nothing is loaded for an agent", extra={"agent": agent.agent_id, "reason": str(error)})

    def _load(self, agent: contract.AgentPlan) -> None:
        needed = agent_settings.of(agent)
        self.activity(needed.vad)
        if isinstance(needed.stt, providers.OfflineStt):
            for phrases in (self.phrases(agent), _NO_PHRASES):  # in a conversation, and for a message
                if len(self._recognisers) < _MAX_RECOGNISERS:
                    self.recognisers(needed.stt, phrases).prewarm()
        if isinstance(needed.tts, providers.OfflineTts):
            from worker.providers.offline import flite_library

            flite_library.load(needed.tts.voice)

    def activity(self, wanted: providers.LocalVad | providers.SileroVad) -> vad.VAD:
        """The voice activity detector with these settings."""
        if wanted not in self._activity:
            self._activity[wanted] = local.activity(wanted)
        return self._activity[wanted]

    def flow(self, text: str) -> flows.Flow:
        """The flow with this text."""
        if text not in self._flows:
            self._flows[text] = flows.Flow.parse(text, "flow")
        return self._flows[text]

    def phrases(self, agent: contract.AgentPlan) -> tuple[str, ...]:
        """What the agent's flow expects callers to say."""
        return self.flow(agent.flow).phrases() if agent.flow else ()

    def recognisers(self, wanted: providers.OfflineStt, phrases: tuple[str, ...]) -> recognisers.RecogniserPool:
        """The offline recognisers for an agent.

        Raises:
            errors.ProviderUnavailable: pocketsphinx is not installed.
        """
        from worker.providers import offline

        if not offline.can_recognise():
            raise errors.ProviderUnavailable(offline.NO_RECOGNITION)
        from worker.providers.offline import grammar, recognisers

        known = (wanted, phrases)
        if known not in self._recognisers:
            rules = grammar.Grammar((*phrases, *wanted.phrases), filler_words=wanted.filler_words)
            if rules.unknown:
                _log.warning("offline recognition has no pronunciation for words", extra={"words": rules.unknown})
            self._recognisers[known] = recognisers.RecogniserPool(rules, narrowband=wanted.narrowband)
        return self._recognisers[known]

"""An agent's settings as the plan that a job follows for one call."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

import pydantic

from callcore import contract
from sip_config import configurations, providers, schema
from sip_config.plans import occasions, transfer_plans
from sip_config.templates import prompting

_DELAYS_S = {
    schema.Preset.FAST: (0.2, 1.5),  # about the shortest pause inside fluent speech
    schema.Preset.BALANCED: (0.4, 2.5),
    schema.Preset.PATIENT: (0.8, 4.0),  # people who spell, look something up or search for words
}
"""By preset: silence that ends a turn that sounds finished, and silence that ends any turn."""

_INTERRUPTION_MIN_S = {
    schema.Sensitivity.LOW: 0.8,  # "yes, yes, I know" goes unheeded
    schema.Sensitivity.MEDIUM: 0.4,
    schema.Sensitivity.HIGH: 0.2,  # one syllable
}
"""By sensitivity: speech of the caller that stops the agent."""

_DETECTORS: dict[providers.TurnDetection, Literal["local", "vad", "stt"]] = {
    providers.TurnDetection.V1_MINI: "local",
    providers.TurnDetection.VAD: "vad",
    providers.TurnDetection.STT: "stt",
}


transfer_options = transfer_plans.options


@dataclasses.dataclass(frozen=True, kw_only=True)
class Offer:
    """What an agent may do in one call besides talking."""

    tools: tuple[str, ...]
    """By name."""
    transfers: tuple[contract.TransferOption, ...] = ()
    """To whom it may hand the caller over; nobody, unless it has the tool for it."""


def make(occasion: occasions.Occasion, agent: configurations.Agent, offer: Offer) -> contract.AgentPlan:
    """The plan for a call that an agent is to take, with its texts rendered.

    Args:
        occasion: the call.
        agent: who takes it.
        offer: what it may do in it.

    Raises:
        ConfigurationInvalid: prompt or greeting cannot be rendered for this call.
    """
    values = occasion.variables(agent)
    return _plan(
        agent,
        instructions="\n\n".join(filter(None, [prompting.render(agent.instructions, values), agent.addition])),
        greeting=prompting.render(agent.greeting, values),
        offer=offer,
        pronunciations=occasion.configuration.pronunciations,
    )


def without_call(configuration: configurations.Configuration, agent: configurations.Agent) -> contract.AgentPlan:
    """The plan as far as it does not depend on a call, to check and warm up providers; its texts are templates."""
    return _plan(
        agent,
        instructions=agent.instructions.text,
        greeting=agent.greeting.text,
        offer=Offer(tools=tuple(agent.settings.tool_conditions), transfers=transfer_options(agent)),
        pronunciations=configuration.pronunciations,
    )


def _plan(
    agent: configurations.Agent,
    *,
    instructions: str,
    greeting: str,
    offer: Offer,
    pronunciations: Mapping[str, str],
) -> contract.AgentPlan:
    settings = agent.settings
    return contract.AgentPlan(
        agent_id=agent.id,
        agent_version=agent.version,
        name=settings.name,
        instructions=instructions,
        greeting=greeting,
        language=settings.language,
        stt=provider(settings.stt),
        llm=provider(settings.llm),
        tts=provider(settings.tts),
        vad=provider(settings.vad),
        turns=_turns(settings),
        tools=offer.tools,
        transfers=transfer_plans.settings(agent, offer.transfers),
        pronunciations=dict(pronunciations),
        max_duration_s=settings.max_duration.limit.total_seconds(),
        flow=agent.flow,
    )


def voice(configuration: configurations.Configuration, agent: configurations.Agent) -> contract.Voice:
    """With what an agent's voice speaks a fixed text."""
    settings = agent.settings
    return contract.Voice(
        tts=provider(settings.tts), language=settings.language, pronunciations=dict(configuration.pronunciations)
    )


def provider(settings: pydantic.BaseModel) -> contract.ProviderSpec:
    """A provider's settings as they travel; secrets stay `${NAME}` references."""
    return contract.ProviderSpec.model_validate(settings.model_dump(mode="json", exclude_none=True))


def _turns(settings: schema.Agent) -> contract.TurnSettings:
    min_delay_s, max_delay_s = _DELAYS_S[settings.turns.preset]
    return contract.TurnSettings(
        detector=_DETECTORS[settings.provider_settings.turns_by],
        min_delay_s=min_delay_s,
        max_delay_s=max_delay_s,
        interruptions=settings.turns.interruptions.enabled,
        interruption_min_s=_INTERRUPTION_MIN_S[settings.turns.interruptions.sensitivity],
    )

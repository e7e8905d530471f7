"""An agent's settings as the plan that a job follows for one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pydantic

from callcore import contract
from sip_config import configurations, providers, schema
from sip_config.plans import occasions
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


def make(occasion: occasions.Occasion, agent: configurations.Agent, tools: tuple[str, ...]) -> contract.AgentPlan:
    """The plan for a call that an agent is to take, with its texts rendered.

    Args:
        occasion: the call.
        agent: who takes it.
        tools: names of those that it may use in it.

    Raises:
        ConfigurationInvalid: prompt or greeting cannot be rendered for this call.
    """
    values = occasion.variables(agent)
    return _plan(
        agent,
        instructions="\n\n".join(filter(None, [prompting.render(agent.instructions, values), agent.addition])),
        greeting=prompting.render(agent.greeting, values),
        tools=tools,
        pronunciations=occasion.configuration.pronunciations,
    )


def without_call(configuration: configurations.Configuration, agent: configurations.Agent) -> contract.AgentPlan:
    """The plan as far as it does not depend on a call, to check and warm up providers; its texts are templates."""
    return _plan(
        agent,
        instructions=agent.instructions.text,
        greeting=agent.greeting.text,
        tools=tuple(agent.settings.tool_conditions),
        pronunciations=configuration.pronunciations,
    )


def _plan(
    agent: configurations.Agent,
    *,
    instructions: str,
    greeting: str,
    tools: tuple[str, ...],
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
        tools=tools,
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

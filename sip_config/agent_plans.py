"""An agent's settings as the plan that a job follows for one call."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Literal

import pydantic

from callcore import contract
from sip_config import configurations, prompting, providers, schema, variables

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


@dataclasses.dataclass(frozen=True, kw_only=True)
class AgentCall:
    """One call that an agent is to take."""

    organization: schema.Organization
    agent: configurations.Agent
    number: schema.Number
    """The number that was dialed."""
    caller: str | None
    """The caller's number as E.164; None where it is withheld or not known yet."""
    now: dt.datetime


def make(call: AgentCall) -> contract.AgentPlan:
    """The plan for a call, with its texts rendered.

    Raises:
        ConfigurationInvalid: prompt or greeting cannot be rendered for this call.
    """
    agent, settings, values = call.agent, call.agent.settings, _variables(call)
    return contract.AgentPlan(
        agent_id=agent.id,
        agent_version=agent.version,
        name=settings.name,
        instructions=prompting.render(agent.instructions, values),
        greeting=prompting.render(agent.greeting, values),
        language=settings.language,
        stt=_spec(settings.stt),
        llm=_spec(settings.llm),
        tts=_spec(settings.tts),
        vad=_spec(settings.vad),
        turns=_turns(settings),
        tools=settings.tools,
        max_duration_s=settings.max_duration.limit.total_seconds(),
        flow=agent.flow,
    )


def _variables(call: AgentCall) -> variables.Variables:
    organization, settings = call.organization, call.agent.settings
    return variables.Variables(
        organization=variables.OrganizationNames(
            id=organization.id, name=organization.name, time_zone=organization.time_zone
        ),
        agent=variables.AgentNames(id=call.agent.id, name=settings.name, language=settings.language),
        number=variables.NumberNames(e164=call.number.e164, label=call.number.label or ""),
        now=variables.Moment.at(call.now, organization.time_zone),
        time_zone=organization.time_zone,
        caller=call.caller or "",
    )


def _turns(settings: schema.Agent) -> contract.TurnSettings:
    min_delay_s, max_delay_s = _DELAYS_S[settings.turns.preset]
    return contract.TurnSettings(
        detector=_DETECTORS[settings.provider_settings.turns_by],
        min_delay_s=min_delay_s,
        max_delay_s=max_delay_s,
        interruptions=settings.turns.interruptions.enabled,
        interruption_min_s=_INTERRUPTION_MIN_S[settings.turns.interruptions.sensitivity],
    )


def _spec(settings: pydantic.BaseModel) -> contract.ProviderSpec:
    return contract.ProviderSpec.model_validate(settings.model_dump(mode="json", exclude_none=True))

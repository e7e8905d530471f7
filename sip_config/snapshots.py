"""The configuration as a worker needs it to route alone while dispatch is out: settings, not plans.

So a worker decides with its own clock, and hours, conditions and prompts are right whenever dispatch went away. Trunks
stay out, and with them their passwords; keys of providers are `${NAME}` references, as in the files.
"""

from __future__ import annotations

from typing import Annotated, Any

import pydantic

from callcore import contract, endings
from sip_config import configurations, digests, live, problems, routing, schema
from sip_config.plans import agent_plans

UNASKED = contract.Refuse(
    reason=endings.Reason.POLICY_REFUSED, sip_status_code=480, text="The pre-call check could not be made"
)
"""Of a call that may not be taken where the pre-call webhook has not been asked, or has not answered.

480 is Temporarily Unavailable (RFC 3261 section 21.4.18).
"""


def _as_written(settings: pydantic.BaseModel) -> dict[str, Any]:
    """Settings without their defaults: what the author did write makes a difference in a session's metadata."""
    return settings.model_dump(mode="json", exclude_unset=True, exclude={"webhooks"})


_Number = Annotated[schema.Number, pydantic.PlainSerializer(_as_written, return_type=dict[str, Any])]
_Agent = Annotated[schema.Agent, pydantic.PlainSerializer(_as_written, return_type=dict[str, Any])]


class _Part(pydantic.BaseModel):
    """Base of everything here: immutable, unknown fields refused, errors repeat no input."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Text(_Part):
    """A Jinja template, with its place for error messages."""

    text: str
    file: str
    line: int
    path: problems.Path

    def template(self) -> configurations.Template:
        return configurations.Template(text=self.text, file=self.file, line=self.line, path=self.path)


class SnapshotAgent(_Part):
    """One agent, as `configurations.Agent`."""

    id: str
    version: str
    settings: _Agent
    instructions: Text
    greeting: Text
    flow: str | None
    needs_pre_call: bool = False
    """Nobody may take its calls while the pre-call webhook cannot be asked: `on_error: reject`."""

    def agent(self) -> configurations.Agent:
        return configurations.Agent(
            id=self.id,
            version=self.version,
            settings=self.settings,
            instructions=self.instructions.template(),
            greeting=self.greeting.template(),
            flow=self.flow,
        )


class Arrival(_Part):
    """A trunk and a rule of LiveKit's, by their ids."""

    trunk_id: str
    rule_id: str

    def live_number(self) -> live.LiveNumber:
        return live.LiveNumber(trunk_id=self.trunk_id, rule_id=self.rule_id)


class Ways(_Part):
    """By what calls reach one number."""

    own: Arrival | None
    """What was made for it; None while only others are there."""
    detours: tuple[Arrival, ...]
    """Other ones of ours that LiveKit has for it."""


class Snapshot(_Part):
    """What dispatch routes by, at one moment. Changes only when the configuration or LiveKit's objects do."""

    version: str
    """A hash of all of it."""
    configuration_version: str
    organization: schema.Organization
    hours: schema.Hours | None
    pronunciations: dict[str, str]
    numbers: tuple[_Number, ...]
    agents: tuple[SnapshotAgent, ...]
    arrivals: dict[str, Ways]
    """By number, E.164."""
    catch_all_rule_id: str | None

    def configuration(self) -> configurations.Configuration:
        """The configuration again, without trunks and places."""
        return configurations.Configuration(
            version=self.configuration_version,
            organization=self.organization,
            hours=self.hours,
            pronunciations=self.pronunciations,
            trunks={},
            numbers={number.e164: number for number in self.numbers},
            agents={agent.id: agent.agent() for agent in self.agents},
        )

    def live_objects(self) -> live.LiveObjects:
        return live.LiveObjects(
            numbers={e164: ways.own.live_number() for e164, ways in self.arrivals.items() if ways.own is not None},
            detours={
                e164: frozenset(arrival.live_number() for arrival in ways.detours)
                for e164, ways in self.arrivals.items()
                if ways.detours
            },
            catch_all_rule_id=self.catch_all_rule_id,
        )

    def unasked(self, plan: contract.Plan) -> contract.Plan:
        """The plan as it holds while nobody can ask the pre-call webhook: a worker does not."""
        if isinstance(plan, contract.Converse) and plan.agent.agent_id in self._refusing():
            return UNASKED
        return plan

    def _refusing(self) -> set[str]:
        return {agent.id for agent in self.agents if agent.needs_pre_call}

    def plans(self) -> list[contract.AgentPlan]:
        """Every agent that may answer, as far as its plan does not depend on a call."""
        configuration = self.configuration()
        named = {agent_id for number in self.numbers for agent_id in routing.possible_agents(number)}
        return [
            agent_plans.without_call(configuration, agent)
            for agent_id, agent in sorted(configuration.agents.items())
            if agent_id in named
        ]


def take(configuration: configurations.Configuration, live_objects: live.LiveObjects) -> Snapshot:
    """The snapshot of what is live. A number that LiveKit has no objects for gets no calls, and stays out."""
    ways = {**live_objects.detours, **live_objects.numbers}
    numbers = tuple(number for e164, number in configuration.numbers.items() if e164 in ways)
    arrivals = {number.e164: _ways(live_objects, number.e164) for number in numbers}
    return Snapshot(
        version=digests.of(configuration.version, arrivals, live_objects.catch_all_rule_id),
        configuration_version=configuration.version,
        organization=configuration.organization,
        hours=configuration.hours,
        pronunciations=dict(configuration.pronunciations),
        numbers=numbers,
        agents=tuple(_agent(agent) for agent in configuration.agents.values()),
        arrivals=arrivals,
        catch_all_rule_id=live_objects.catch_all_rule_id,
    )


def _ways(live_objects: live.LiveObjects, e164: str) -> Ways:
    own = live_objects.numbers.get(e164)
    detours = sorted(live_objects.detours.get(e164, ()), key=lambda number: (number.trunk_id, number.rule_id))
    return Ways(own=_arrival(own) if own is not None else None, detours=tuple(map(_arrival, detours)))


def _arrival(number: live.LiveNumber) -> Arrival:
    return Arrival(trunk_id=number.trunk_id, rule_id=number.rule_id)


def _agent(agent: configurations.Agent) -> SnapshotAgent:
    asked = agent.settings.webhooks.pre_call
    return SnapshotAgent(
        id=agent.id,
        version=agent.version,
        settings=agent.settings,
        instructions=_text(agent.instructions),
        greeting=_text(agent.greeting),
        flow=agent.flow,
        needs_pre_call=asked is not None and asked.on_error is schema.OnError.REJECT,
    )


def _text(template: configurations.Template) -> Text:
    return Text(text=template.text, file=template.file, line=template.line, path=template.path)

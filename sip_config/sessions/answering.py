"""What a pre-call webhook wants of one call, laid over what files and clients say. It counts over both."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import pydantic

from callcore import contract
from sip_config import configurations, problems, values
from sip_config.plans import agent_plans, occasions
from sip_config.routing import agents, steps
from sip_config.schema import tools as agent_tools
from sip_config.sessions import findings, overriding, texts
from sip_config.sessions import overrides as asked_for

MAX_PAIRS = 50
"""Entries of `metadata`, of `variables` and of `pronunciations`."""

_MAX_KEY = 64  # characters of a wrong key that are repeated
_KEY: pydantic.TypeAdapter[str] = pydantic.TypeAdapter(values.MetadataKey)
_VALUE: pydantic.TypeAdapter[str] = pydantic.TypeAdapter(values.StaticText)
_WRITTEN: pydantic.TypeAdapter[str] = pydantic.TypeAdapter(values.Phrase)
_SPOKEN: pydantic.TypeAdapter[str] = pydantic.TypeAdapter(values.Spoken)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """All of it. Nothing in it: the call goes on as it would have."""

    overrides: asked_for.Overrides = dataclasses.field(default_factory=asked_for.Overrides)
    """Over the agent's file, and over what the client of the call asked for."""
    agent_id: str | None = None
    """Another agent takes the call; everything else goes over that one."""
    tools: tuple[str, ...] | None = None
    """Those of the agent's tools that it keeps in this call; None: all of them."""
    pronunciations: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Over the organization's."""
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What texts may speak of besides."""
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Over that of number, agent and client."""


def take(taken: steps.Taken, wanted: Answer) -> contract.Converse:
    """The plan of an inbound call that an agent takes.

    Raises:
        Unfit: the answer does not fit the agent.
        ConfigurationInvalid: a text of it cannot be rendered for this call.
    """
    occasion = taken.occasion
    agent = overriding.apply(_agent(taken, wanted), wanted.overrides)
    occasion, agent = fitted(occasion, agent, wanted)
    return contract.Converse(
        agent=agent_plans.make(occasion, agent, agents.offer(occasion, agent, steps.Trail())),
        ring_back=taken.is_ring_back,
        metadata={**occasion.metadata(agent), **wanted.metadata},
    )


def fitted(
    occasion: occasions.Occasion, agent: configurations.Agent, wanted: Answer
) -> tuple[occasions.Occasion, configurations.Agent]:
    """Call and agent with all of the answer; its overrides are in the agent already, with templates as they came.

    Raises:
        Unfit: there is something in it that does not exist, or that cannot be.
    """
    found = [
        *pairs("metadata", wanted.metadata),
        *pairs("variables", wanted.variables),
        *pairs("pronunciations", wanted.pronunciations, _WRITTEN, _SPOKEN),
        *_unknown_tools(agent, wanted),
        *texts.mistakes(agent, wanted.overrides),
    ]
    if found:
        raise findings.Unfit(found)
    known = occasion.configuration
    configuration = dataclasses.replace(known, pronunciations={**known.pronunciations, **wanted.pronunciations})
    occasion = dataclasses.replace(occasion, configuration=configuration, given={**occasion.given, **wanted.variables})
    return occasion, _narrowed(known.agents[agent.id], agent, wanted)


def pairs(
    name: str,
    given: Mapping[str, str],
    key_kind: pydantic.TypeAdapter[str] = _KEY,
    value_kind: pydantic.TypeAdapter[str] = _VALUE,
) -> Iterator[findings.Finding]:
    """What is wrong with names and values that came from outside; by default those of metadata."""
    if len(given) > MAX_PAIRS:
        yield findings.of(name, f"may have {MAX_PAIRS} entries at most")
        return
    for key, value in given.items():
        for kind, text in ((key_kind, key), (value_kind, value)):
            try:
                kind.validate_python(text)
            except pydantic.ValidationError as error:
                yield findings.of(f"{name}.{key[:_MAX_KEY]}", error.errors()[0]["msg"])
                break


def _agent(taken: steps.Taken, wanted: Answer) -> configurations.Agent:
    known = taken.occasion.configuration.agents
    if wanted.agent_id is None:
        return taken.agent
    if wanted.agent_id not in known:
        near = problems.nearest(wanted.agent_id, known)
        raise findings.Unfit([findings.of("agentId", f"there is no such agent{near}")])
    return known[wanted.agent_id]


def _unknown_tools(agent: configurations.Agent, wanted: Answer) -> Iterator[findings.Finding]:
    known = agent.settings.tool_conditions
    for index, name in enumerate(wanted.tools or ()):
        if name not in known:
            yield findings.of(f"tools.{index}", f"the agent has no such tool{problems.nearest(name, known)}")


def _narrowed(file: configurations.Agent, agent: configurations.Agent, wanted: Answer) -> configurations.Agent:
    """The agent with the tools that it keeps; its version tells of them, and of what it pronounces otherwise."""
    tools = agent.settings.tools
    if wanted.tools is not None:
        tools = tuple(tool for tool in tools if agent_tools.conditions((tool,)).keys() <= set(wanted.tools))
    if tools == agent.settings.tools and not wanted.pronunciations:
        return agent
    narrowed = dataclasses.replace(agent, settings=agent.settings.model_copy(update={"tools": tools}))
    return dataclasses.replace(narrowed, version=overriding.version(file, narrowed, wanted.pronunciations))

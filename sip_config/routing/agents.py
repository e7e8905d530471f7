"""Which agent is it: by the number's routes, its agent or its A/B test."""

from __future__ import annotations

from collections.abc import Mapping

from sip_config import configurations, problems, schema
from sip_config.plans import agent_plans, occasions
from sip_config.routing import asking, splits, steps
from sip_config.templates import metadata_names

_NAMED = "agent"  # a number's metadata may say by this key who answers, where nothing else does


def choose(occasion: occasions.Occasion, trail: steps.Trail) -> str | None:
    """The agent's id; None where the number names none."""
    number = occasion.number
    path: problems.Path = ("numbers", number.e164)
    for index, route in enumerate(number.routes):
        place: problems.Path = (*path, "routes", index)
        if asking.holds(occasion, route.when, trail, steps.StepName.ROUTE, (*place, "when")):
            trail.passed(steps.StepName.ROUTE, f"route {index + 1} of {len(number.routes)} fits", place)
            return _chosen(occasion, route.agent, route.split, place, trail)
    if number.routes:
        trail.passed(steps.StepName.ROUTE, f"none of {len(number.routes)} routes fits", (*path, "routes"))
    named = _named(number)
    if number.agent is None and number.split is None and named is not None:
        return _chosen(occasion, named, None, (*path, "metadata"), trail)
    return _chosen(occasion, number.agent, number.split, path, trail)


def offer(occasion: occasions.Occasion, agent: configurations.Agent, trail: steps.Trail) -> agent_plans.Offer:
    """What an agent may do in this call besides talking. Without a destination there is no tool to hand over with."""
    tools = _tools(occasion, agent, trail)
    if schema.TRANSFER_CALL not in tools:
        return agent_plans.Offer(tools=tools)
    transfers = agent_plans.transfer_options(agent, _destinations(occasion, agent, trail))
    if not transfers:
        return agent_plans.Offer(tools=tuple(name for name in tools if name != schema.TRANSFER_CALL))
    return agent_plans.Offer(tools=tools, transfers=transfers)


def _tools(occasion: occasions.Occasion, agent: configurations.Agent, trail: steps.Trail) -> tuple[str, ...]:
    setting = ("agents", agent.id, "tools")
    return tuple(
        name
        for name, when in agent.settings.tool_conditions.items()
        if asking.holds(occasion, when, trail, steps.StepName.TOOL, setting)
    )


def _destinations(occasion: occasions.Occasion, agent: configurations.Agent, trail: steps.Trail) -> list[str]:
    """Names of those to whom the agent may hand this caller over."""
    setting: problems.Path = ("agents", agent.id, "transfers")
    known = agent.settings.transfers
    there = [
        name
        for name, transfer in known.items()
        if asking.holds(occasion, transfer.when, trail, steps.StepName.TRANSFER, (*setting, name, "when"))
    ]
    told = ", ".join(f"`{name}` ({known[name].mode.value})" for name in there) or "nobody"
    away = ", ".join(f"`{name}`" for name in known if name not in there)
    but = f"; by condition not to {away}" if away else ""
    trail.passed(steps.StepName.TRANSFER, f"the agent may transfer to {told}{but}", setting)
    return there


def possible(number: schema.Number) -> frozenset[str]:
    """Ids of the agents that may answer a number."""
    ways: list[schema.Number | schema.Route] = [number, *number.routes]
    found = {agent_id for way in ways for agent_id in (way.agent, *(way.split or ())) if agent_id is not None}
    named = _named(number)
    return frozenset(found | {named} if named is not None else found)


def _named(number: schema.Number) -> str | None:
    """The agent that the metadata names: a fixed text, for what a caller brings chooses nobody."""
    text = number.metadata.get(_NAMED)
    return None if text is None or metadata_names.has_names(text) else text


def _chosen(
    occasion: occasions.Occasion,
    agent: str | None,
    split: Mapping[str, int] | None,
    path: problems.Path,
    trail: steps.Trail,
) -> str | None:
    if not split:
        if agent is not None:
            trail.passed(steps.StepName.AGENT, f"`{agent}`", (*path, "agent"))
        return agent
    chosen = splits.choose(split, dialed=occasion.number.e164, caller=occasion.caller, call=occasion.call)
    whose = "of this caller, always" if occasion.caller else "of this call: its caller is not known"
    trail.passed(steps.StepName.AGENT, f"`{chosen}`, the side {whose}", (*path, "split"))
    return chosen

"""Who talks in a call that we place, and from which number of ours."""

from __future__ import annotations

import dataclasses

from sip_config import configurations, routing, schema
from sip_config.schema import tools as agent_tools


def choose_agent(
    configuration: configurations.Configuration, agent_id: str | None, *, is_test: bool, number: schema.Number | None
) -> str | None:
    """The agent's id: the one that is named, else `dialing.test_agent` for a test, else `dialing.agent`.

    Args:
        configuration: where the agents are.
        agent_id: the one that the client names.
        is_test: the callee is a contact that is marked as a test.
        number: the number of ours that the client wants shown, if it says; its agent is not meant by that.

    Returns:
        None where the client names an agent that does not exist, and where nothing names one: the call is then ad hoc,
        for `planning.Session` without an agent.
    """
    dialing = configuration.dialing
    if agent_id is not None:
        return agent_id if agent_id in configuration.agents else None
    for chosen in (dialing.test_agent if is_test else None, dialing.agent):
        if chosen in configuration.agents:
            return chosen
    return None


def lender(configuration: configurations.Configuration, number: schema.Number) -> configurations.Agent | None:
    """The agent that lends its ears, mind and voice to an ad-hoc call: of the number, else the first by id."""
    bound = sorted(routing.possible_agents(number) & configuration.agents.keys())
    chosen = number.agent if number.agent in bound else next(iter([*bound, *sorted(configuration.agents)]), None)
    return None if chosen is None else configuration.agents[chosen]


def without_transfers(agent: configurations.Agent) -> configurations.Agent:
    """The agent, handing nobody over: whom callers of its own may reach is no business of an ad-hoc call."""
    kept = tuple(tool for tool in agent.settings.tools if schema.TRANSFER_CALL not in agent_tools.conditions((tool,)))
    settings = agent.settings.model_copy(update={"transfers": {}, "tools": kept})
    return dataclasses.replace(agent, settings=settings)


def first_number(configuration: configurations.Configuration, agent_id: str | None) -> schema.Number | None:
    """The number that is shown where the client names none; None where no number places calls.

    It is the first one in the file that places calls and that the agent may answer, so that somebody who rings back
    reaches it; the first one that places calls, where the agent answers none or the call is ad hoc.
    """
    placing = [number for number in configuration.numbers.values() if number.places_calls]
    own = (number for number in placing if agent_id is not None and agent_id in routing.possible_agents(number))
    return next(own, placing[0] if placing else None)

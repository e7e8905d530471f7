"""Which transfer an agent means by a name: a model never says a number, only one of the names that it was offered."""

from __future__ import annotations

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, contract, errors
from dispatch.store import briefs
from sip_config import configurations
from sip_config.plans import agent_plans


class NoSuchDestination(errors.NotFound):
    """The agent of this call has no transfer of that name."""

    public_code = "no_such_destination"


async def chosen(
    tx: sa_async.AsyncConnection, configuration: configurations.Configuration, call: calls.Call, name: str
) -> contract.TransferOption:
    """The option of a call's agent: as its plan has it, also where the configuration is another one by now.

    A worker that decided by its snapshot, while dispatch was out, left no plan here: then the agent counts as it is.

    Raises:
        NoSuchDestination: it has none of this name.
    """
    plan = (await briefs.get(tx, call.id)).plan
    for option in _options(configuration, call, plan):
        if option.name == name:
            return option
    raise NoSuchDestination


def _options(
    configuration: configurations.Configuration, call: calls.Call, plan: contract.Plan | None
) -> tuple[contract.TransferOption, ...]:
    if isinstance(plan, contract.Converse):
        return plan.agent.transfers.options
    agent = configuration.agents.get(call.agent_id or "") if plan is None else None
    return agent_plans.transfer_options(agent) if agent is not None else ()

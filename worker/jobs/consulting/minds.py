"""With what a consultation listens, thinks and speaks: the agent's own providers, and a flow where its model fails."""

from __future__ import annotations

import asyncio
from typing import Any

from livekit.agents import llm

from callcore import contract
from worker.jobs.consulting import briefings, scripted
from worker.providers import metering, registry
from worker.providers.offline import flow

_NOTHING = "-"
_OFFLINE = "offline"
_ATTEMPT_S = 4.0  # for the first word of the model; then the flow answers

Model = llm.LLM[Any]
"""(`Any`: the parameter names extra events.)"""


async def providers(
    agent: contract.AgentPlan, loaded: registry.Warm, meter: metering.Meter | None
) -> registry.Providers:
    """Fresh ones, as several sessions cannot share them.

    Raises:
        errors.ProviderUnavailable: a key, a library or a flow is missing.
    """
    # The recogniser must know what a colleague says, which stands in the flow.
    consulted = agent.model_copy(update={"flow": scripted.text(_NOTHING, _NOTHING)})
    # A recogniser takes 0.2 s to load, and the caller is listening to music that this process plays.
    await asyncio.to_thread(loaded.load, [consulted])
    return registry.build(consulted, loaded, meter=meter)


def writer(agent: contract.AgentPlan, model: Model) -> Model | None:
    """The model, if it can put a summary into words."""
    return None if agent.llm.provider == _OFFLINE else model


def thinker(agent: contract.AgentPlan, order: contract.TransferProgress, summary: str, model: Model) -> Model:
    """What answers the colleague: the model, and where it is offline or fails, the flow."""
    script = scripted.flow(briefings.fixed(agent, order, summary), briefings.spoken(summary))
    scripted_model = flow.FlowLLM(script, name=scripted.NAME)
    if writer(agent, model) is None:
        return scripted_model
    return llm.FallbackAdapter([model, scripted_model], attempt_timeout=_ATTEMPT_S)

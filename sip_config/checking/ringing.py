"""Whether a call may ring as long as it takes to ask the pre-call webhook and to make the greeting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from sip_config import configurations, problems, schema
from sip_config.checking import checks
from sip_config.reading import documents
from sip_config.routing import agents as answering

GREETING = dt.timedelta(seconds=4)
"""What an agent takes at most from its plan to the answer."""


def timeouts(
    document: documents.Document,
    trunks: Mapping[str, schema.Trunk],
    numbers: checks.Numbers,
    agents: Mapping[str, configurations.Agent | None],
) -> Iterator[problems.Problem]:
    """Trunks of `trunks.yaml` whose calls end before one of their agents could answer."""
    for name, trunk in trunks.items():
        slowest = max(_asking(name, numbers, agents), default=None)
        if trunk.inbound is None or slowest is None:
            continue
        budget, agent_id = slowest
        if trunk.inbound.ringing_timeout <= budget + GREETING:
            needed = f"{(budget + GREETING).total_seconds():g} s"
            message = (
                f"must be over {needed}: agent `{agent_id}` asks its pre-call webhook for {budget.total_seconds():g} s "
                f"at most, and then its greeting takes {GREETING.total_seconds():g} s at most"
            )
            yield document.problem(("trunks", name, "inbound", "ringing_timeout"), message)


def _asking(
    trunk: str, numbers: checks.Numbers, agents: Mapping[str, configurations.Agent | None]
) -> Iterator[tuple[dt.timedelta, str]]:
    """How long each agent that a trunk's calls may reach can ask; any of them may take one that it placed itself."""
    for draft in numbers.values():
        if draft.has("trunk") and draft.value.trunk == trunk:
            for agent_id in agents if draft.value.places_calls else answering.possible(draft.value):
                agent = agents.get(agent_id)
                if agent is not None and agent.settings.webhooks.pre_call is not None:
                    yield agent.settings.webhooks.pre_call.timeout, agent_id

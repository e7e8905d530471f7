"""Transfers that a flow asks for: whether its agent has them."""

from __future__ import annotations

from collections.abc import Iterator

from sip_config import problems, schema
from sip_config.flows import flow_schema
from sip_config.reading import documents

_DESTINATION = "destination"


def check(source: documents.Document, flow: flow_schema.Document, agent: schema.Agent) -> Iterator[problems.Problem]:
    """Calls of `transfer_call` that name no destination of the agent.

    An agent without that tool says the rule's `no_tool` instead, so that several agents may share a flow. What holds a
    {slot} is not known before a call.
    """
    if schema.TRANSFER_CALL not in agent.tool_conditions or not agent.transfers:
        return
    for path, action in flow_schema.actions(flow):
        if action.call is None or action.call.tool != schema.TRANSFER_CALL:
            continue
        named = action.call.args.get(_DESTINATION)
        if named is None:
            known = problems.nearest("", agent.transfers)
            yield source.problem((*path, "call"), f"to whom? Give it `args: {{{_DESTINATION}: NAME}}`{known}")
        elif named not in agent.transfers and not flow_schema.PLACEHOLDER.search(named):
            near = problems.nearest(named, agent.transfers)
            yield source.problem((*path, "call", "args", _DESTINATION), f"the agent has no such transfer{near}")

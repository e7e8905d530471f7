"""What goes on record of a plan, whoever decided it."""

from __future__ import annotations

from callcore import contract


def of(decided: contract.CallPlan) -> contract.RoutedRecord | None:
    """The record of the plan that a job follows; None of a refusal, whose end says it all."""
    match decided.plan:
        case contract.Refuse():
            return None
        case contract.Converse(agent=agent) as plan:
            return contract.RoutedRecord(
                action=plan.action,
                agent_id=agent.agent_id,
                agent_version=agent.agent_version,
                decided_by=decided.decided_by,
                ring_back=plan.ring_back,
                metadata=plan.metadata,
            )
        case plan:
            return contract.RoutedRecord(
                action=plan.action,
                agent_id=None,
                agent_version=None,
                decided_by=decided.decided_by,
                metadata=plan.metadata,
            )

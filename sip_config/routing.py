"""Who takes a call. Pure: the same answer for dispatch, for a worker on its own, and for an explanation."""

from __future__ import annotations

import datetime as dt

from callcore import calls, contract, endings, errors, numbers
from sip_config import agent_plans, configurations, live, schema

_NO_SUCH_NUMBER = contract.Refuse(reason=endings.Reason.INVALID_NUMBER, sip_status_code=404, text="No such number here")
_WRONG_WAY = contract.Refuse(
    reason=endings.Reason.INVALID_NUMBER, sip_status_code=404, text="Not by the trunk and rule of this number"
)
_NOT_INBOUND = contract.Refuse(
    reason=endings.Reason.POLICY_REFUSED, sip_status_code=403, text="Only inbound calls are routed"
)
_TAKES_NO_CALLS = contract.Refuse(
    reason=endings.Reason.POLICY_REFUSED, sip_status_code=403, text="This number takes no calls"
)
_BAD_PROMPT = contract.Refuse(
    reason=endings.Reason.INTERNAL_ERROR, sip_status_code=500, text="The agent's prompt cannot be rendered"
)


def decide(
    configuration: configurations.Configuration,
    live_objects: live.LiveObjects,
    intake: contract.CallIntake,
    now: dt.datetime,
) -> contract.Plan:
    """What to do with an inbound call.

    A call is answered only if it came by the very trunk and rule that were made for its number. LiveKit lets calls
    from foreign addresses, or without credentials, through to the catch-all rule; they are refused here.

    Args:
        configuration: what the operator wants.
        live_objects: the trunks and rules that LiveKit has for it.
        intake: the call as its job first saw it.
        now: the time of day, aware; prompts may speak of it.
    """
    if intake.direction is not calls.Direction.INBOUND:
        return _NOT_INBOUND
    number = dialed_number(configuration, intake.dialed)
    if number is None:
        return _NO_SUCH_NUMBER
    arrived_by = live.LiveNumber(trunk_id=intake.trunk_id or "", rule_id=intake.rule_id or "")
    if live_objects.numbers.get(number.e164) != arrived_by:
        return _WRONG_WAY
    return plan_for(configuration, number, caller=_caller(configuration, intake.caller), now=now)


def plan_for(
    configuration: configurations.Configuration, number: schema.Number, *, caller: str | None, now: dt.datetime
) -> contract.Plan:
    """What to do with a call that did reach one of our numbers, from a caller if known."""
    if not number.takes_calls or number.agent is None:
        return _TAKES_NO_CALLS
    call = agent_plans.AgentCall(
        organization=configuration.organization,
        agent=configuration.agents[number.agent],
        number=number,
        caller=caller,
        now=now,
    )
    try:
        return contract.Converse(agent=agent_plans.make(call))
    except errors.ConfigurationInvalid:
        return _BAD_PROMPT


def dialed_number(configuration: configurations.Configuration, raw: str | None) -> schema.Number | None:
    """The number of ours that was dialed, as the carrier wrote it: in full, or as its country writes it."""
    for region in (None, configuration.organization.country):
        e164 = _number(raw, region)
        if e164 is not None and e164 in configuration.numbers:
            return configuration.numbers[e164]
    return None


def _caller(configuration: configurations.Configuration, raw: str | None) -> str | None:
    """The caller's number; None where it is withheld, or is none."""
    return _number(raw, configuration.organization.country)


def _number(raw: str | None, region: str | None) -> str | None:
    try:
        return numbers.from_sip(raw or "", region=region)
    except errors.BadInput:
        return None

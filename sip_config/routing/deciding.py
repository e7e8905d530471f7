"""The walk from a call to its plan."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

from callcore import callers, calls, contract, endings, errors, forwarding
from sip_config import configurations, hours, live, problems, schema
from sip_config.plans import agent_plans, fixed_plans, occasions
from sip_config.routing import agents, lines, modes, steps
from sip_config.templates import variables

_NOT_INBOUND = contract.Refuse(
    reason=endings.Reason.POLICY_REFUSED, sip_status_code=403, text="Only inbound calls are routed"
)
_TAKES_NO_CALLS = contract.Refuse(
    reason=endings.Reason.POLICY_REFUSED, sip_status_code=403, text="This number takes no calls"
)
_NOBODY = contract.Refuse(
    reason=endings.Reason.INTERNAL_ERROR, sip_status_code=500, text="No agent is set for this number"
)
_BAD_PROMPT = contract.Refuse(
    reason=endings.Reason.INTERNAL_ERROR, sip_status_code=500, text="A text cannot be rendered for this call"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Acquaintance:
    """What earlier calls and the API have told of the caller."""

    ring_back: steps.RingBack | None
    contact: variables.Contact
    fields: Mapping[str, str]


def decide(
    configuration: configurations.Configuration,
    live_objects: live.LiveObjects,
    intake: contract.CallIntake,
    now: dt.datetime,
    *,
    ring_back: steps.RingBack | None = None,
    contact: variables.Contact | None = None,
    fields: Mapping[str, str] | None = None,
) -> steps.Decision:
    """What to do with an inbound call, and every step on the way.

    A call goes on only if it came by the very trunk and rule that were made for its number. The agent that dialed this
    caller lately takes the call that comes back, also on a number that strangers may not call; but in the off hours of
    a number that has them, a call that comes back gets what all calls get. Where that agent is gone, the number's own
    one answers.

    Args:
        configuration: what the operator wants.
        live_objects: the trunks and rules that LiveKit has for it.
        intake: the call as its job first saw it.
        now: the time, aware: hours, conditions and prompts go by it.
        ring_back: whom the caller calls back, where anybody knows.
        contact: what is known of the caller, where anything is.
        fields: the contact's fields by name.
    """
    trail = steps.Trail()
    acquaintance = _Acquaintance(ring_back=ring_back, contact=contact or variables.Contact(), fields=fields or {})
    try:
        plan, taken = _walk(configuration, live_objects, intake, now, acquaintance, trail)
    except steps.Refused as refused:
        plan, taken = refused.refusal, None
    return steps.Decision(plan=plan, steps=trail.steps, taken=taken)


def _walk(
    configuration: configurations.Configuration,
    live_objects: live.LiveObjects,
    intake: contract.CallIntake,
    now: dt.datetime,
    acquaintance: _Acquaintance,
    trail: steps.Trail,
) -> tuple[contract.Plan, steps.Taken | None]:
    if intake.direction is not calls.Direction.INBOUND:
        raise trail.refused(steps.StepName.DIRECTION, "a call of ours: only inbound ones are routed", _NOT_INBOUND)
    number = lines.find(configuration, intake, trail)
    lines.check_arrival(live_objects, number, intake, trail)
    verdict = hours.judge(configuration.hours, configuration.organization.time_zone, now)
    occasion = _occasion(configuration, number, intake, now, acquaintance, is_business_hours=verdict.is_open)
    ring_back = acquaintance.ring_back
    trail.passed(steps.StepName.CALLER, _who(occasion, intake))
    returning = _returning(configuration, ring_back, trail)
    _check_direction(number, trail, comes_back=ring_back is not None)
    trail.passed(steps.StepName.HOURS, verdict.text, verdict.setting)
    action = modes.choose(occasion, trail, comes_back=ring_back is not None)
    agent = _agent(occasion, returning, trail)
    taken = steps.Taken(occasion=occasion, agent=agent, is_ring_back=returning is not None)
    plan = _plan(taken, action, trail)
    return plan, taken if isinstance(plan, contract.Converse) else None


def _who(occasion: occasions.Occasion, intake: contract.CallIntake) -> str:
    """Whether it is known who calls, and whose phone sent the call on; names neither."""
    caller = callers.classify(intake.caller, occasion.configuration.organization.country).caller_id
    text = {
        calls.CallerId.KNOWN: "the caller's number is known",
        calls.CallerId.WITHHELD: "the caller's number is withheld",
        calls.CallerId.UNUSABLE: "the caller sent no number that could be called, so it counts as none",
    }[caller]
    if intake.forwarded_from is None:
        return text
    by = "another number" if occasion.forwarded_from else "what is no other phone number, which counts as nothing"
    return f"{text}; the call was sent on by {by}"


def _returning(
    configuration: configurations.Configuration, ring_back: steps.RingBack | None, trail: steps.Trail
) -> configurations.Agent | None:
    """The agent that this caller calls back."""
    if ring_back is None:
        return None
    agent = configuration.agents.get(ring_back.agent_id)
    if agent is None:
        text = "a call of ours comes back; its agent is gone, so the number's own one answers"
        trail.passed(steps.StepName.RING_BACK, text)
        return None
    trail.passed(steps.StepName.RING_BACK, f"a call of `{agent.id}` comes back", ("agents", agent.id))
    return agent


def _check_direction(number: schema.Number, trail: steps.Trail, *, comes_back: bool) -> None:
    setting = ("numbers", number.e164, "direction")
    if not number.takes_calls and not comes_back:
        text = "the number only places calls, and this caller was not called from it lately"
        raise trail.refused(steps.StepName.DIRECTION, text, _TAKES_NO_CALLS, setting)
    whom = "takes calls" if number.takes_calls else "only places calls, but this one comes back"
    trail.passed(steps.StepName.DIRECTION, f"the number {whom}", setting)


def _occasion(
    configuration: configurations.Configuration,
    number: schema.Number,
    intake: contract.CallIntake,
    now: dt.datetime,
    acquaintance: _Acquaintance,
    *,
    is_business_hours: bool,
) -> occasions.Occasion:
    region = configuration.organization.country
    return occasions.Occasion(
        configuration=configuration,
        number=number,
        caller=callers.classify(intake.caller, region).number,
        forwarded_from=forwarding.e164(intake.forwarded_from, dialed=number.e164, region=region),
        now=now,
        is_business_hours=is_business_hours,
        call=intake.sip_call_id or intake.room_name,
        contact=acquaintance.contact,
        fields=acquaintance.fields,
        given=acquaintance.ring_back.variables if acquaintance.ring_back else {},
    )


def _agent(
    occasion: occasions.Occasion, returning: configurations.Agent | None, trail: steps.Trail
) -> configurations.Agent:
    """The agent that talks; where none does, the one whose voice speaks."""
    known = occasion.configuration.agents
    if returning is not None:
        trail.passed(steps.StepName.AGENT, f"`{returning.id}`, which the caller calls back", ("agents", returning.id))
        return returning
    agent_id = agents.choose(occasion, trail)
    if agent_id is None or agent_id not in known:
        setting = ("numbers", occasion.number.e164, "agent")
        raise trail.refused(steps.StepName.AGENT, "no agent is set for this call", _NOBODY, setting)
    return known[agent_id]


def _plan(taken: steps.Taken, action: calls.Action, trail: steps.Trail) -> contract.Plan:
    occasion, agent = taken.occasion, taken.agent
    try:
        match action:
            case calls.Action.FORWARD:
                return fixed_plans.forward(occasion, agent)
            case calls.Action.MESSAGE:
                return fixed_plans.message(occasion, agent)
            case calls.Action.VOICEMAIL:
                return fixed_plans.voicemail(occasion, agent)
            case calls.Action.CONVERSE:
                plan = agent_plans.make(occasion, agent, agents.offer(occasion, agent, trail))
                return contract.Converse(agent=plan, ring_back=taken.is_ring_back, metadata=occasion.metadata(agent))
    except errors.ConfigurationInvalid as error:
        text = "; ".join(error.problems)
        of_agent = action is calls.Action.CONVERSE
        setting: problems.Path = ("agents", agent.id) if of_agent else ("numbers", occasion.number.e164)
        raise trail.refused(steps.StepName.PLAN, text, _BAD_PROMPT, setting) from None

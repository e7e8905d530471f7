"""The plan of a call that we place: its agent, with the overrides of this one call, and its texts rendered.

`check` says everything that is wrong when the request comes; `plan` is made when the call is dialed, which may be days
later, so it goes by the configuration and the clock of that moment.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping

from callcore import contract, errors
from sip_config import configurations, hours, problems, schema
from sip_config.plans import agent_plans, occasions, transfer_plans
from sip_config.routing import agents, steps
from sip_config.sessions import answering, choosing, findings, overriding, texts
from sip_config.sessions import overrides as asked_for
from sip_config.templates import prompting
from sip_config.templates import variables as spoken_of

choose_agent = choosing.choose_agent
first_number = choosing.first_number

_MOMENT = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)  # any: texts are tried with it
_NOBODY = "name an agent, or give an `intent` and a `systemPrompt` for a call without one"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Session:
    """A call that is to be placed."""

    agent_id: str | None
    """Who talks, as `choose_agent` says; None for an ad-hoc call."""
    number: schema.Number
    """Ours, which the callee is shown."""
    to: str
    """The callee: E.164 or a `sip:` URI."""
    overrides: asked_for.Overrides = dataclasses.field(default_factory=asked_for.Overrides)
    """What this call does differently from its agent."""
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What its texts may speak of besides."""
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Over that of number and agent."""
    contact: spoken_of.Contact = dataclasses.field(default_factory=spoken_of.Contact)
    """What is known of the callee."""
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The contact's fields by name."""
    max_duration_s: float | None = None
    """How long it may last at most, if the client says; what agent and `dialing` say holds all the same."""


def check(configuration: configurations.Configuration, session: Session) -> list[findings.Finding]:
    """Everything that is wrong with a call, as path and message; nothing, where `plan` will do."""
    found = [*answering.pairs("metadata", session.metadata), *answering.pairs("variables", session.variables)]
    try:
        agent = agent_of(configuration, session)
    except findings.Unfit as unfit:
        return [*unfit.found, *found]
    found += texts.mistakes(agent, session.overrides)
    if not found:
        found += _unrenderable(configuration, session, agent)
    return found


def plan(
    configuration: configurations.Configuration,
    session: Session,
    now: dt.datetime,
    wanted: answering.Answer | None = None,
) -> contract.Converse:
    """What the job of the call is to do.

    Args:
        configuration: the one to go by.
        session: the call.
        now: the time, aware.
        wanted: what the pre-call webhook wants otherwise; it counts over everything that the client asked for.

    Raises:
        ConfigurationInvalid: the overrides do not fit the agent as it is now, it is gone, or a text cannot be rendered.
        Unfit: with `wanted`, instead: it does not fit.
    """
    try:
        if wanted is not None and wanted.agent_id is not None:
            session = dataclasses.replace(session, agent_id=wanted.agent_id)
        agent = agent_of(configuration, session, *([] if wanted is None else [wanted.overrides]))
    except findings.Unfit as unfit:
        if wanted is not None:
            raise
        raise errors.ConfigurationInvalid([f"{path}: {message}" for path, message in unfit.found]) from None
    occasion = occasion_of(configuration, session, now)
    if wanted is not None:
        occasion, agent = answering.fitted(occasion, agent, wanted)
    made = agent_plans.make(occasion, agent, agents.offer(occasion, agent, steps.Trail()))
    transfers = transfer_plans.limited(made.transfers, _longest_s(configuration, session))
    lasts_s = max_duration_s(configuration, session, agent)
    return contract.Converse(
        agent=made.model_copy(update={"max_duration_s": lasts_s, "transfers": transfers}),
        metadata={**occasion.metadata(agent), **session.metadata, **(wanted.metadata if wanted is not None else {})},
    )


def agent_of(
    configuration: configurations.Configuration, session: Session, *more: asked_for.Overrides
) -> configurations.Agent:
    """The agent of a call, with everything that the call changes.

    An ad-hoc call borrows ears, mind and voice of an agent, and says itself what it is about; without a
    `firstMessage` the callee speaks first, as the greeting is somebody else's. It hands nobody over.

    Args:
        configuration: where the agents are.
        session: the call.
        more: goes over what the client asked for.

    Raises:
        Unfit: there is no such agent, or the overrides cannot be laid over it.
    """
    overrides = session.overrides
    if session.agent_id is not None:
        agent = configuration.agents.get(session.agent_id)
        if agent is None:
            near = problems.nearest(session.agent_id, configuration.agents)
            raise findings.Unfit([findings.of("agentId", f"there is no such agent{near}")])
        return overriding.apply(agent, overrides, *more)
    lender = choosing.lender(configuration, session.number)
    if lender is None or overrides.intent is None or overrides.system_prompt is None:
        raise findings.Unfit([findings.of("agentId", _NOBODY)])
    own = overrides.model_copy(update={"first_message": overrides.first_message or ""})
    return overriding.apply(choosing.without_transfers(lender), own, *more)


def max_duration_s(
    configuration: configurations.Configuration, session: Session, agent: configurations.Agent | None = None
) -> float:
    """How long the call may last, in seconds: the least of what agent, client and `dialing` say.

    Args:
        configuration: the one to go by.
        session: the call.
        agent: the call's agent, where it has been looked up already.

    Raises:
        Unfit: without `agent`, as `agent_of`.
    """
    agent = agent or agent_of(configuration, session)
    return min(agent.settings.max_duration.limit.total_seconds(), _longest_s(configuration, session))


def _longest_s(configuration: configurations.Configuration, session: Session) -> float:
    """How long anybody may be in the call, whatever its agent says, in seconds."""
    longest_s = configuration.dialing.max_duration.total_seconds()
    return longest_s if session.max_duration_s is None else min(longest_s, session.max_duration_s)


def occasion_of(configuration: configurations.Configuration, session: Session, now: dt.datetime) -> occasions.Occasion:
    """What a call's texts may speak of, and all else that its plan depends on."""
    verdict = hours.judge(configuration.hours, configuration.organization.time_zone, now)
    return occasions.Occasion(
        configuration=configuration,
        number=session.number,
        caller=session.number.e164,
        forwarded_from=None,
        now=now,
        is_business_hours=verdict.is_open,
        call=session.to,
        callee=session.to,
        contact=session.contact,
        fields=session.fields,
        given=session.variables,
    )


def _unrenderable(
    configuration: configurations.Configuration, session: Session, agent: configurations.Agent
) -> Iterator[findings.Finding]:
    """Texts that fit in general, and not for this call."""
    values = occasion_of(configuration, session, _MOMENT).variables(agent)
    for path, template in (("systemPrompt", agent.instructions), ("firstMessage", agent.greeting)):
        try:
            prompting.render(template, values)
        except errors.ConfigurationInvalid as error:
            yield findings.of(path, error.message)

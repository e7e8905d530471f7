"""Sends samples, to see whether endpoints are there and answer as they should. Nothing of it is kept."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from callcore import clock, errors, ids, signing
from dispatch.webhooks import client, faults, samples, targets, wording
from dispatch.webhooks.pre_call import answers
from sip_config import configurations, schema
from sip_config.sessions import findings

WITHIN_S = 15.0
"""For one sample; pre-call webhooks have their own time."""

_AT_ONCE = 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Aim:
    """Where a sample goes."""

    kind: targets.Kind
    url: str
    target: schema.Target | None = None
    """What signs it, where that is not the organization."""
    agents: tuple[configurations.Agent, ...] = ()
    """Whose webhook it is; of the first one the sample tells."""
    within_s: float = WITHIN_S


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trial:
    """What came of a sample."""

    aim: Aim
    message_id: str
    answer: client.Answer
    error: str | None = None
    """Class of what is wrong; None where all is well."""
    problem: str | None = None
    """The same in words."""
    ignored: tuple[str, ...] = ()
    """Names of keys of a pre-call answer that have no effect."""


def aims(
    configuration: configurations.Configuration, agents: Iterable[configurations.Agent], kinds: Sequence[targets.Kind]
) -> tuple[Aim, ...]:
    """Every endpoint of these agents, each once for a kind."""
    found: dict[tuple[targets.Kind, str, str | None], Aim] = {}
    for agent in agents:
        for kind in kinds:
            for aim in _aims_of(configuration, agent, kind):
                secret = aim.target.secret if aim.target is not None else None
                name = (kind, aim.url, secret.get_secret_value() if secret is not None else None)
                known = found.get(name)
                found[name] = aim if known is None else dataclasses.replace(known, agents=(*known.agents, agent))
    return tuple(found.values())


async def run(
    poster: client.Poster, configuration: configurations.Configuration, wanted: Sequence[Aim], timepiece: clock.Clock
) -> tuple[Trial, ...]:
    """Send a sample to each, some at once; in the same order."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(aim: Aim) -> Trial:
        async with room:
            return await _try(poster, configuration, aim, timepiece)

    async with asyncio.TaskGroup() as group:
        tries = [group.create_task(one(aim)) for aim in wanted]
    return tuple(each.result() for each in tries)


def _aims_of(
    configuration: configurations.Configuration, agent: configurations.Agent, kind: targets.Kind
) -> Iterator[Aim]:
    target = targets.target_of(configuration, agent.id, kind)
    if target is None:
        return
    if not isinstance(target, schema.PreCall):
        yield Aim(kind=kind, url=target.url, target=target, agents=(agent,))
        return
    within_s = target.timeout.total_seconds()
    for url in (target.url, target.fallback_url):
        if url is not None:
            yield Aim(kind=kind, url=url, target=target, agents=(agent,), within_s=within_s)


async def _try(
    poster: client.Poster, configuration: configurations.Configuration, aim: Aim, timepiece: clock.Clock
) -> Trial:
    now = timepiece.now()
    message_id = ids.new(ids.TEST, now)
    agent = aim.agents[0] if aim.agents else None
    sample = samples.body(aim.kind, agent, now, organization_id=configuration.organization.id)
    body = sample.text().encode()
    try:
        headers = signing.sign(message_id, now, body, targets.secrets_of(configuration, aim.target))
    except errors.BadInput:  # there is no secret
        answer = client.Answer(error=faults.Fault.NO_SECRET.value)
    else:
        answer = await poster.post(aim.url, body, headers, aim.within_s)
    trial = Trial(aim=aim, message_id=message_id, answer=answer)
    # Who only takes something may answer at any length; an answer that is to be followed has to come whole.
    is_asked = aim.kind is targets.Kind.PRE_CALL
    if not answer.is_success or (is_asked and answer.error is not None):
        error = answer.error or faults.Fault.BAD_STATUS.value
        return dataclasses.replace(trial, error=error, problem=wording.of(answer, error))
    return _read(trial, configuration) if is_asked else trial


def _read(trial: Trial, configuration: configurations.Configuration) -> Trial:
    """A trial whose answer is not only there, but has to make sense."""
    try:
        reply = answers.parse(trial.answer.body)
    except answers.Unusable as unusable:
        problem = "Its answer is not a JSON object; an empty one changes nothing."
        return dataclasses.replace(trial, error=unusable.public_code, problem=problem)
    except findings.Unfit as unfit:
        return dataclasses.replace(trial, error="answer_invalid", problem=unfit.message)
    agent_id = reply.wanted.agent_id
    if agent_id is not None and agent_id not in configuration.agents:
        return dataclasses.replace(trial, error="answer_invalid", problem="agentId: There is no such agent.")
    return dataclasses.replace(trial, ignored=reply.ignored)

"""Trying webhooks out: a sample is sent at once, and what comes of it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import pydantic
from aiohttp import web

from callcore import addresses
from dispatch import keys
from dispatch.http import answers, reading, routes
from dispatch.v1 import schemas, webhook_shapes
from dispatch.webhooks import samples, targets, trying
from sip_config import configurations
from sip_config.checking import webhook_urls

_MOST = 40


class WebhookTest(schemas.Input):
    """What is to be tried; nothing given: every webhook of every agent."""

    agent_id: Annotated[str | None, pydantic.Field(max_length=128)] = None
    """Only the webhooks of this agent; with `url`, the sample is of this agent's."""
    kind: targets.Kind | None = None
    """Only this kind."""
    url: webhook_shapes.Url | None = None
    """Goes here instead, to try an endpoint before it stands in the configuration; signed with the organization's
    secrets."""

    @pydantic.field_validator("kind")
    @classmethod
    def _has_samples(cls, kind: targets.Kind | None) -> targets.Kind | None:
        if kind is targets.Kind.TEST:
            raise ValueError(f"must be one of {', '.join(samples.KINDS)}")
        return kind


class WebhookTrial(schemas.Shape):
    """What came of one sample."""

    kind: targets.Kind
    url: str
    agent_ids: tuple[str, ...]
    """Whose webhook it is by the configuration."""
    message_id: str
    """The header `webhook-id`; it begins with `test_`."""
    ok: bool
    """Whether the endpoint is there and answered as it should."""
    status_code: int | None
    """Null where nothing was answered."""
    latency_seconds: schemas.Seconds
    error: str | None
    """Class of what is wrong, such as `timeout`; null where all is well."""
    problem: str | None
    """What is wrong, in words."""
    ignored: tuple[str, ...]
    """Of an answer to a pre-call webhook: keys that have no effect."""

    @classmethod
    def of(cls, trial: trying.Trial) -> WebhookTrial:
        return cls(
            kind=trial.aim.kind,
            url=trial.aim.url,
            agent_ids=tuple(agent.id for agent in trial.aim.agents),
            message_id=trial.message_id,
            ok=trial.error is None,
            status_code=trial.answer.status_code,
            latency_seconds=trial.answer.latency_s,
            error=trial.error,
            problem=trial.problem,
            ignored=trial.ignored,
        )


class WebhookTestResult(schemas.Shape):
    """What came of all samples."""

    ok: bool
    """Whether all is well."""
    results: tuple[WebhookTrial, ...]


async def run(request: web.Request, _: routes.Nothing, wanted: WebhookTest) -> web.Response:
    """Send samples, and wait for what comes of them."""
    configuration = request.app[keys.SWITCHBOARD].configuration
    aims = _aims(configuration, wanted)
    if len(aims) > _MOST:
        raise reading.Invalid([("agentId", f"there are {len(aims)} webhooks, and {_MOST} at most are tried at once")])
    trials = await trying.run(request.app[keys.WEBHOOK_CLIENT], configuration, aims, request.app[keys.CLOCK])
    results = tuple(WebhookTrial.of(trial) for trial in trials)
    return answers.model(WebhookTestResult(ok=all(result.ok for result in results), results=results))


def _aims(configuration: configurations.Configuration, wanted: WebhookTest) -> Sequence[trying.Aim]:
    kinds = samples.KINDS if wanted.kind is None else (wanted.kind,)
    agents = _agents(configuration, wanted.agent_id)
    if wanted.url is not None:
        _check(configuration, wanted.url)
        first = agents[:1] if wanted.agent_id is not None else ()
        return [trying.Aim(kind=kind, url=wanted.url, agents=first) for kind in kinds]
    if aims := trying.aims(configuration, agents, kinds):
        return aims
    raise reading.Invalid([("url", "no such webhook is configured: give a URL to try one out")])


def _agents(configuration: configurations.Configuration, agent_id: str | None) -> tuple[configurations.Agent, ...]:
    if agent_id is None:
        return tuple(configuration.agents[name] for name in sorted(configuration.agents))
    if agent_id not in configuration.agents:
        raise reading.Invalid([("agentId", "there is no such agent")])
    return (configuration.agents[agent_id],)


def _check(configuration: configurations.Configuration, url: str) -> None:
    try:
        addresses.check_url(url, targets.allowed_of(configuration))
    except addresses.ForbiddenTarget as error:
        raise reading.Invalid([("url", webhook_urls.explained(error))]) from None

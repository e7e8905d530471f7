"""Where webhooks go, and how it fares there."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping

from aiohttp import web
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch import keys
from dispatch.http import answers, routes
from dispatch.store import delivery_views, endpoints
from dispatch.v1 import listing, schemas, webhook_shapes
from dispatch.webhooks import targets
from sip_config import configurations

_KINDS = (targets.Kind.STATUS, targets.Kind.POST_CALL, targets.Kind.LEAD_UPDATED)


class NoSuchEndpoint(errors.NotFound):
    """No webhook was ever for this URL."""

    public_code = "no_such_endpoint"


class Health(enum.StrEnum):
    """How an endpoint fares."""

    UNUSED = "unused"
    """It is configured, and there was no webhook for it yet."""
    HEALTHY = "healthy"
    """The last attempt succeeded."""
    FAILING = "failing"
    """The last attempt failed; it goes on being tried."""
    DISABLED = "disabled"
    """It is given up: nothing is sent there until it is enabled."""


class WebhookEndpoint(schemas.Shape):
    """One URL."""

    url: str
    """Its query is left out for a key without `config:write`."""
    agent_ids: tuple[str, ...]
    """Agents whose webhooks go there by the configuration in force."""
    health: Health
    failures: int
    """Attempts that failed since the last one that succeeded."""
    first_failure_at: schemas.Time | None
    """When the first of those was."""
    failing_since: schemas.Time | None
    """Since when it fails so often, and for so long, that it is no accident."""
    disabled_at: schemas.Time | None
    disabled_because: str | None
    """`gone`: it answered 410; `failing`: it failed for days."""
    pending: int
    """How many webhooks wait for it."""
    oldest_pending_at: schemas.Time | None
    """When that happened which the oldest of them tells of."""

    @classmethod
    def of(
        cls,
        request: web.Request,
        endpoint: endpoints.Endpoint,
        waiting: delivery_views.Waiting | None,
        *,
        agent_ids: tuple[str, ...],
        health: Health,
    ) -> WebhookEndpoint:
        """A row, as the key of a request may see it."""
        return cls(
            url=webhook_shapes.shown(request, endpoint.url),
            agent_ids=agent_ids,
            health=health,
            failures=endpoint.failures,
            first_failure_at=endpoint.first_failure_at,
            failing_since=endpoint.failing_since,
            disabled_at=endpoint.disabled_at,
            disabled_because=endpoint.disabled_because,
            pending=waiting.count if waiting is not None else 0,
            oldest_pending_at=waiting.oldest_at if waiting is not None else None,
        )


class WebhookEndpointUse(schemas.Input):
    """Which endpoint is to be used again."""

    url: webhook_shapes.Url
    """The whole URL, as it stands in the configuration."""


async def index(request: web.Request, paging: listing.Paging, _: routes.Nothing) -> web.Response:
    """A page of endpoints."""
    async with request.app[keys.STORE].reading() as tx:
        known = {endpoint.url: endpoint for endpoint in await endpoints.listed(tx)}
        waiting = await delivery_views.waiting(tx)
    configured = _users(request.app[keys.SWITCHBOARD].configuration)
    # By a digest, because a cursor has no room for a URL.
    names = {_name(url): url for url in {*known, *configured}}
    urls, following = listing.page(names, paging)
    items = tuple(
        WebhookEndpoint.of(
            request,
            known.get(url, endpoints.Endpoint(url=url)),
            waiting.get(url),
            agent_ids=configured.get(url, ()),
            health=_health(known.get(url)),
        )
        for url in urls
    )
    return answers.model(listing.Page[WebhookEndpoint](items=items, next_cursor=following))


async def enable(request: web.Request, _: routes.Nothing, wanted: WebhookEndpointUse) -> web.Response:
    """Use one again, with a clean record; one that is in use stays as it is."""
    async with request.app[keys.STORE].writing() as tx:
        await endpoints.enable(tx, wanted.url)
        endpoint = await _known(tx, wanted.url)
    request.app[keys.DELIVERIES].wake()
    async with request.app[keys.STORE].reading() as tx:
        waiting = await delivery_views.waiting(tx)
    agent_ids = _users(request.app[keys.SWITCHBOARD].configuration).get(endpoint.url, ())
    answer = WebhookEndpoint.of(
        request, endpoint, waiting.get(endpoint.url), agent_ids=agent_ids, health=_health(endpoint)
    )
    return answers.model(answer)


async def _known(tx: sa_async.AsyncConnection, url: str) -> endpoints.Endpoint:
    found = await endpoints.get_many(tx, (url,))
    if not found:
        raise NoSuchEndpoint
    return found[0]


def _health(endpoint: endpoints.Endpoint | None) -> Health:
    if endpoint is None:
        return Health.UNUSED
    if endpoint.is_disabled:
        return Health.DISABLED
    return Health.FAILING if endpoint.failures else Health.HEALTHY


def _users(configuration: configurations.Configuration) -> Mapping[str, tuple[str, ...]]:
    """By URL: the agents whose webhooks go there, but for pre-call webhooks, which are not delivered but asked."""
    found: dict[str, dict[str, None]] = {}
    for agent_id in sorted(configuration.agents):
        for kind in _KINDS:
            if (target := targets.target_of(configuration, agent_id, kind)) is not None:
                found.setdefault(target.url, {})[agent_id] = None
    return {url: tuple(agents) for url, agents in found.items()}


def _name(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:32]

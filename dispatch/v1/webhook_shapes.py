"""Webhooks that we sent, as a client of `/v1` sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import pydantic
from aiohttp import web

from dispatch.access import auth, scopes
from dispatch.http import reading
from dispatch.store import attempts as attempt_rows
from dispatch.store import deliveries
from dispatch.v1 import given, listing, schemas
from dispatch.webhooks import targets

_MOST_AT_ONCE = 200

Url = Annotated[str, given.text(2000), pydantic.Field(examples=["https://hooks.example.com/trunkline"])]
_Id = Annotated[str, pydantic.Field(max_length=128)]


class Narrowed(schemas.Input):
    """Which deliveries."""

    kind: targets.Kind | None = None
    call_id: _Id | None = None
    url: Url | None = None
    """The whole URL, as it stands in the configuration."""
    from_: Annotated[given.Time | None, pydantic.Field(alias="from")] = None
    """Of what happened at this time or later."""
    to: given.Time | None = None
    """Of what happened before this time."""

    def of(self, state: deliveries.State | None) -> deliveries.Filter:
        """The same for the store.

        Raises:
            Invalid: it ends before it begins.
        """
        if self.from_ is not None and self.to is not None and self.to < self.from_:
            raise reading.Invalid([("to", "must not be before `from`")])
        return deliveries.Filter(
            state=state,
            kind=self.kind.value if self.kind is not None else None,
            call_id=self.call_id,
            url=self.url,
            since=self.from_,
            until=self.to,
        )


class Filters(Narrowed, listing.Paging):
    """Query parameters of the list."""

    state: deliveries.State | None = None


class WebhookReplay(Narrowed):
    """Which deliveries are to be sent again."""

    state: deliveries.State = deliveries.State.FAILED
    limit: Annotated[int, pydantic.Field(ge=1, le=_MOST_AT_ONCE)] = _MOST_AT_ONCE
    """How many at most with this request."""
    cursor: Annotated[str | None, pydantic.Field(max_length=128)] = None
    """The `nextCursor` of the request before."""


class WebhooksReplayed(schemas.Shape):
    """What came of it."""

    replayed: int
    """How many are on their way."""
    next_cursor: str | None
    """For `cursor`, to go on; null where nothing is left."""


class WebhookDelivery(schemas.Shape):
    """One webhook for one endpoint."""

    id: str
    message_id: str
    """The header `webhook-id`: the same at every attempt, and after a replay."""
    kind: targets.Kind
    type: str
    """As in the body, such as `call.status`."""
    url: str
    """Where it goes; its query is left out for a key without `config:write`."""
    agent_id: str | None
    """Whose webhook it is."""
    call_id: str | None
    state: deliveries.State
    attempt_count: int
    last_status_code: int | None
    """What the endpoint answered last; null where it was not tried, or nothing was answered."""
    last_error: str | None
    """Why the last attempt failed, or why it is given up; null where neither is so."""
    next_attempt_at: schemas.Time | None
    """While it is `pending`: not before this time, and not before those ahead of it in its call."""
    event_at: schemas.Time
    """When that happened which it tells of."""
    created_at: schemas.Time
    finished_at: schemas.Time | None
    """When it arrived, or was given up."""

    @classmethod
    def of(cls, request: web.Request, delivery: deliveries.Delivery, last_status: int | None) -> WebhookDelivery:
        """One of these rows, as the key of a request may see it."""
        is_pending = delivery.state is deliveries.State.PENDING
        return cls(
            id=delivery.id,
            message_id=delivery.message_id,
            kind=targets.Kind(delivery.kind),
            type=delivery.type,
            url=shown(request, delivery.url),
            agent_id=delivery.agent_id,
            call_id=delivery.call_id,
            state=delivery.state,
            attempt_count=delivery.attempts,
            last_status_code=last_status,
            last_error=delivery.error,
            next_attempt_at=delivery.due_at if is_pending else None,
            event_at=delivery.event_at,
            created_at=delivery.created_at,
            finished_at=delivery.finished_at,
        )


class WebhookAttempt(schemas.Shape):
    """One try."""

    number: int
    """Counted from 1."""
    at: schemas.Time
    latency_seconds: schemas.Seconds
    status_code: int | None
    """Null where nothing was answered."""
    error: str | None
    """Class of what went wrong, such as `timeout`; null where it was taken."""
    response: str | None
    """The first kilobyte of the answer; null for a key without `calls:read`."""


class WebhookDeliveryDetail(WebhookDelivery):
    """One webhook for one endpoint, with everything that was tried."""

    attempts: tuple[WebhookAttempt, ...]
    """The first one first."""
    body: str | None
    """Exactly what is signed and sent; null for a key without `calls:read`."""

    @classmethod
    def whole(
        cls, request: web.Request, delivery: deliveries.Delivery, tried: Sequence[attempt_rows.Attempt]
    ) -> WebhookDeliveryDetail:
        """A row with its attempts, as the key of a request may see them."""
        may_read = may(request, scopes.Scope.CALLS_READ)
        last_status = tried[-1].status_code if tried else None
        return cls(
            **dict(WebhookDelivery.of(request, delivery, last_status)),
            attempts=tuple(_attempt(one, may_read=may_read) for one in tried),
            body=delivery.body if may_read else None,
        )


def may(request: web.Request, wanted: scopes.Scope) -> bool:
    """Whether the key of a request has a scope beyond that of the route."""
    return scopes.allows(auth.key_of(request).scopes, wanted)


def shown(request: web.Request, url: str) -> str:
    """A URL; queries hold tokens, and are only for whoever may change them."""
    before, mark, _ = url.partition("?")
    return url if not mark or may(request, scopes.Scope.CONFIG_WRITE) else f"{before}?…"


def _attempt(one: attempt_rows.Attempt, *, may_read: bool) -> WebhookAttempt:
    return WebhookAttempt(
        number=one.number,
        at=one.at,
        latency_seconds=one.latency_s,
        status_code=one.status_code,
        error=one.error,
        response=one.response if may_read else None,
    )

"""`webhooks:` of `organization.yaml` and of an agent's file: who is told of calls, and how to prove that it was us."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Self

import pydantic

from sip_config import values
from sip_config.schema import shapes

_BUDGET = dt.timedelta(seconds=3)
_LONGEST = dt.timedelta(seconds=7)  # the caller hears ringing all the while

Url = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
"""Where a request goes; what may stand here is held against `webhooks.allow` once all files are read."""
Secret = Annotated[pydantic.SecretStr, pydantic.Field(min_length=1, max_length=500)]


class Webhooks(shapes.Shape):
    """What holds for every webhook."""

    secrets: Annotated[tuple[Secret, ...], pydantic.Field(max_length=5)] = ()
    """Sign every webhook, as references such as `${TRUNKLINE_WEBHOOK_SECRET}`; several while rotating, newest first."""
    allow: Annotated[tuple[values.Text, ...], pydantic.Field(max_length=100)] = ()
    """Private hosts and networks that webhooks may go to, such as `n8n:5678` or `10.0.5.0/24`; others are refused."""


class OnError(enum.StrEnum):
    """What becomes of a call whose pre-call webhook does not answer, or not in time, or nothing that makes sense."""

    DEFAULT_AGENT = "default_agent"
    """The agent takes it as its file says."""
    REJECT = "reject"
    """The call is refused."""
    FALLBACK_URL = "fallback_url"
    """`fallback_url` is asked instead: `url` has two thirds of the time. Then the agent takes it as its file says."""


class Target(shapes.Shape):
    """Where one kind of webhook goes."""

    url: Url
    """Where it goes: `https://`, or `http://` for what `webhooks.allow` of the organization names."""
    secret: Secret | None = None
    """Signs this webhook instead of the organization's secrets, as a reference such as `${OLD_SECRET}`; the legacy
    way."""


class PreCall(Target):
    """Asked before each call what to do with it; the caller hears ringing meanwhile."""

    timeout: Annotated[values.Duration, values.between(dt.timedelta(milliseconds=100), _LONGEST)] = _BUDGET
    """How long it may take in all, from the look-up of the name to the last byte; 7 s at most."""
    on_error: OnError = OnError.DEFAULT_AGENT
    """`default_agent`, `reject` or `fallback_url`: what follows where it fails or is late."""
    fallback_url: Url | None = None
    """Asked where `url` fails; for `on_error: fallback_url`."""

    @pydantic.model_validator(mode="after")
    def _has_fallback(self) -> Self:
        if (self.on_error is OnError.FALLBACK_URL) != (self.fallback_url is not None):
            raise values.wrong("`on_error: fallback_url` and `fallback_url` go together")
        return self


class AgentWebhooks(shapes.Shape):
    """Who is told of an agent's calls."""

    pre_call: PreCall | None = None
    """Asked before each call what to do with it."""
    status: Target | None = None
    """Told of every event of each call, in order."""
    post_call: Target | None = None
    """Gets the report of each call when it is over."""
    lead_updated: Target | None = None
    """Gets `lead.updated` when a call is over: for CRMs."""

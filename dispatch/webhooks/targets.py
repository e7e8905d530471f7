"""Where the webhooks of an agent go, and what signs them, by the configuration."""

from __future__ import annotations

import enum
import functools

from callcore import addresses, signing
from sip_config import configurations, schema


class Kind(enum.StrEnum):
    """What a webhook tells."""

    PRE_CALL = "pre_call"
    """Asks what to do with a call."""
    STATUS = "status"
    """One event of a call."""
    POST_CALL = "post_call"
    """The report of a call."""
    LEAD_UPDATED = "lead_updated"
    """The report in the words of a CRM."""
    TEST = "test"
    """A sample, because somebody asked for one."""


def target_of(configuration: configurations.Configuration, agent_id: str | None, kind: Kind) -> schema.Target | None:
    """Where an agent's webhooks of one kind go; None where it wants none, or is not there."""
    agent = configuration.agents.get(agent_id) if agent_id is not None else None
    if agent is None:
        return None
    wanted = agent.settings.webhooks
    match kind:
        case Kind.PRE_CALL:
            return wanted.pre_call
        case Kind.STATUS:
            return wanted.status
        case Kind.POST_CALL:
            return wanted.post_call
        case Kind.LEAD_UPDATED:
            return wanted.lead_updated
        case Kind.TEST:
            return None


def allowed_of(configuration: configurations.Configuration) -> addresses.Allowed:
    """Where webhooks may go beyond the public internet.

    Raises:
        BadInput: an entry is none; a configuration that was loaded has no such thing.
    """
    return _allowed(configuration.webhooks.allow)


@functools.lru_cache(maxsize=8)  # asked at each attempt
def _allowed(entries: tuple[str, ...]) -> addresses.Allowed:
    return addresses.Allowed.parse(entries)


def secrets_of(configuration: configurations.Configuration, target: schema.Target | None) -> tuple[signing.Secret, ...]:
    """What signs a webhook: its own secret, which is the legacy way, or those of the organization, newest first.

    Raises:
        BadInput: a secret is none; a configuration that was loaded has no such thing.
    """
    if target is not None and target.secret is not None:
        return (_legacy(target.secret.get_secret_value()),)
    return tuple(_parsed(secret.get_secret_value()) for secret in configuration.webhooks.secrets)


_parsed = functools.lru_cache(maxsize=32)(signing.Secret.parse)
_legacy = functools.lru_cache(maxsize=32)(signing.Secret.legacy)


def target_at(
    configuration: configurations.Configuration, agent_id: str | None, kind: str, url: str
) -> schema.Target | None:
    """The target of an agent that a webhook under way is for: of its kind, else any with its URL."""
    for one in sorted(Kind, key=lambda other: other != kind):
        target = target_of(configuration, agent_id, one)
        if target is not None and target.url == url:
            return target
    return None

"""A dial that somebody wants."""

from __future__ import annotations

import dataclasses

from dispatch.store import reservations
from sip_config import schema

Kind = reservations.Kind


@dataclasses.dataclass(frozen=True, kw_only=True)
class Key:
    """The API key of a client, as far as the gate counts by it."""

    id: str
    limits: schema.Limits


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """Everything that the gate asks about."""

    to: str
    """A number in E.164 form exactly as it is dialed, or a `sip:` URI with a user."""
    number: schema.Number
    """Ours, from which it is dialed."""
    kind: Kind
    key: Key | None
    """Of the client; None for what nobody asked for by the API."""
    call_id: str
    minutes: float
    """How long the call may last."""
    is_named_by_client: bool = False
    """Of a transfer: the destination comes from a client of the API, and not from the configuration."""
    time_zone: str | None = None
    """Of the callee, of the IANA database; None: as their number says."""

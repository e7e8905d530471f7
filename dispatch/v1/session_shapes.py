"""What a client says to have a call placed, and what it is answered."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from callcore import calls, contract
from dispatch.v1 import given, override_shapes, schemas

_Name = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=128)]
Pairs = Annotated[dict[str, str], pydantic.Field(max_length=1000)]
"""Names and values; which ones may be is asked with the configuration at hand."""

_MAX_DURATION_S = 86_400


class Amd(contract.Message):
    """Answering machine detection."""

    model_config = override_shapes.CAMEL

    mode: Literal["off", "agent"] = "off"
    """Only `off` is supported yet."""
    timeout_seconds: float | None = pydantic.Field(default=None, gt=0, le=60)


class Telephony(contract.Message):
    """How the phone is dialed."""

    model_config = override_shapes.CAMEL

    region: Annotated[str, pydantic.Field(max_length=64)] | None = None
    """Not supported yet."""
    ringing_timeout: float | None = pydantic.Field(default=None, ge=1, le=contract.MAX_RINGING_S)
    """Seconds that the phone rings at most; the trunk's own limit holds as well."""
    amd: Amd | None = None


class Schedule(contract.Message):
    """When to call."""

    model_config = override_shapes.CAMEL

    at: given.Time
    """At most 30 days from now; a moment that is past means now."""


class _Session(override_shapes.Overrides):
    """What both ways of asking have in common."""

    from_: Annotated[str | None, pydantic.Field(max_length=64, alias="from")] = None
    """The number of ours that is shown, E.164. Default: the agent's first one that places calls."""
    agent_id: _Name | None = None
    """Who talks; or give an `intent` and a `systemPrompt`."""
    metadata: Pairs = pydantic.Field(default_factory=dict)
    """Goes along with the call, over that of the number."""
    variables: Pairs = pydantic.Field(default_factory=dict)
    """What prompt and greeting may speak of: `{{ variables.name }}`."""
    time_zone: Annotated[str, pydantic.Field(max_length=64)] | None = None
    """Of the callee, of the IANA database, for calling hours. Default: what their number says."""
    max_duration_seconds: float | None = pydantic.Field(default=None, ge=10, le=_MAX_DURATION_S)
    """How long the call may last; what the agent and `dialing.max_duration` say holds as well."""
    telephony: Telephony = Telephony()
    schedule: Schedule | None = None
    """When to call. Default: now."""


class PhoneSession(_Session):
    """A call to be placed."""

    to: Annotated[str, pydantic.Field(min_length=1, max_length=512)]
    """Whom to call: an E.164 number, or a `sip:` URI that the configuration allows."""


class Initiation(_Session):
    """A call to be placed to a contact."""

    lead_id: _Name
    """Id of the contact."""
    direction: Literal["outbound"] = "outbound"


class SipParticipant(schemas.Shape):
    """The callee's leg."""

    identity: str
    """In the call's room, once it is dialed."""


class PlacedCall(schemas.Shape):
    """A call that is accepted."""

    session_id: str
    """The same as `callId`."""
    call_id: str
    status: calls.Status = calls.Status.QUEUED
    room_name: str
    caller_id: str
    """The number that is shown."""
    sip_participant: SipParticipant
    max_duration_seconds: schemas.Seconds
    """How long the call may last, by whoever allows the least."""
    scheduled_at: schemas.Time | None


class InitiatedCall(PlacedCall):
    """A call to a contact that is accepted."""

    interaction_id: str
    """The same as `callId`."""

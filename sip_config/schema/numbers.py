"""`numbers.yaml`: which agent answers which number."""

from __future__ import annotations

import enum
from typing import Annotated

import pydantic

from sip_config import values
from sip_config.schema import dialing, shapes


class Direction(enum.StrEnum):
    """What a number is used for."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"


class WorkMode(enum.StrEnum):
    """What is done with calls, by the organization's hours."""

    ALWAYS_ON = "always_on"
    """The agent answers at any hour."""
    FORWARD_OFF_HOURS = "forward_off_hours"
    """The agent in hours, another phone after."""
    MESSAGE_OFF_HOURS = "message_off_hours"
    """The agent in hours, a spoken message after."""
    ALWAYS_FORWARD = "always_forward"
    """Another phone at any hour."""
    VOICEMAIL = "voicemail"
    """The caller leaves a message at any hour."""
    VOICEMAIL_OFF_HOURS = "voicemail_off_hours"
    """The agent in hours, a recorded message after."""

    @property
    def forwards(self) -> bool:
        return self in (WorkMode.FORWARD_OFF_HOURS, WorkMode.ALWAYS_FORWARD)

    @property
    def has_hours(self) -> bool:
        """Whether it differs by the hour."""
        return self.value.endswith("_off_hours")


class Fallback(enum.StrEnum):
    """What a caller gets when a forward reaches nobody."""

    MESSAGE = "message"
    """The off-hours message."""
    VOICEMAIL = "voicemail"
    """A recorded message of the caller."""


_MAX_ROUTES = 20  # all of them may be asked while a call waits
_MAX_METADATA = 50  # keys; every event and webhook of a call carries them

Split = Annotated[
    dict[values.Slug, Annotated[int, pydantic.Field(ge=0, le=100)]], pydantic.Field(min_length=1, max_length=20)
]
"""Percent of the callers by agent, 100 in all; the same caller always gets the same agent."""


class Route(shapes.Shape):
    """One of several ways a call may go."""

    when: values.Condition | None = None
    """A condition in CEL; without one this route always fits."""
    agent: values.Slug | None = None
    """Id of the agent that answers."""
    split: Split | None = None
    """Several agents, instead of `agent`."""


class Number(shapes.Shape):
    """A phone number of ours."""

    e164: values.E164
    """The number, such as `"+12015550123"`."""
    label: values.Text | None = None
    """What people call this line; prompts say `{{ number.label }}`."""
    brand_name: values.Text | None = None
    """What callers of this line know us by; prompts say `{{ number.brand_name }}`. Default: the organization's name."""
    trunk: values.Slug
    """Name of the trunk that it is reached by."""
    direction: Direction = Direction.INBOUND
    """`inbound`, `outbound` or `both`: whether strangers may call it, and whether it may call."""
    agent: values.Slug | None = None
    """Id of the agent that answers: its file in `agents/`, without `.yaml`."""
    split: Split | None = None
    """Several agents instead of `agent`, each with its percentage: an A/B test. A caller always gets the same one."""
    routes: Annotated[tuple[Route, ...], pydantic.Field(max_length=_MAX_ROUTES)] = ()
    """Ways a call may go, tried in order before `agent` or `split`."""
    work_mode: WorkMode = WorkMode.ALWAYS_ON
    """What is done with calls, by the organization's hours."""
    limits: dialing.Limits = dialing.Limits()
    """How much may be dialed from this number, besides what `dialing` says."""
    forward_to: values.Destination | None = None
    """Where the forwarding modes connect to: E.164 or a `sip:` URI."""
    forward_fallback: Fallback | None = None
    """`message` or `voicemail`: what the caller gets when nobody answers there. Default: `message` if there is one."""
    off_hours_message: Annotated[values.LongText, pydantic.Field(max_length=2000)] | None = None
    """What is spoken after hours. A Jinja template."""
    voicemail_greeting: Annotated[values.LongText, pydantic.Field(max_length=2000)] | None = None
    """What is spoken before the beep. A Jinja template."""
    metadata: Annotated[dict[values.MetadataKey, values.MetadataText], pydantic.Field(max_length=_MAX_METADATA)] = (
        pydantic.Field(default_factory=dict)
    )
    """The session's metadata: static text, and `{{callerNumber}}`, `{{dialedNumber}}`, `{{forwardedFromNumber}}`."""

    @property
    def takes_calls(self) -> bool:
        """Whether strangers may call it."""
        return self.direction is not Direction.OUTBOUND

    @property
    def places_calls(self) -> bool:
        return self.direction is not Direction.INBOUND


class NumbersFile(shapes.Shape):
    """`numbers.yaml`."""

    numbers: tuple[Number, ...]
    """Every number that calls come to or go out from."""

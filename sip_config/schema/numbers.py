"""`numbers.yaml`: which agent answers which number."""

from __future__ import annotations

import enum

from sip_config import values
from sip_config.schema import shapes


class Direction(enum.StrEnum):
    """What a number is used for."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"


class Number(shapes.Shape):
    """A phone number of ours."""

    e164: values.E164
    """The number, such as `"+12015550123"`."""
    label: values.Text | None = None
    """What people call this line; prompts say `{{ number.label }}`."""
    trunk: values.Slug
    """Name of the trunk that it is reached by."""
    direction: Direction = Direction.INBOUND
    """`inbound`, `outbound` or `both`: whether strangers may call it, and whether it may call."""
    agent: values.Slug | None = None
    """Id of the agent that answers: its file in `agents/`, without `.yaml`."""

    @property
    def takes_calls(self) -> bool:
        return self.direction is not Direction.OUTBOUND

    @property
    def places_calls(self) -> bool:
        return self.direction is not Direction.INBOUND


class NumbersFile(shapes.Shape):
    """`numbers.yaml`."""

    numbers: tuple[Number, ...]
    """Numbers."""

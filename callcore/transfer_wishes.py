"""What is wanted of a transfer: to whom, in which order, and what becomes of the caller where nobody takes the call."""

from __future__ import annotations

import enum
from typing import Annotated

import pydantic

MAX_RINGING_S = 80.0
"""The longest that a phone which we dial may ring: livekit-sip dials no longer."""

VOICEMAIL_S = 10.0
"""For how long after the answer a destination's words are looked at for a voicemail's, where nobody says."""

LONGEST_S = 4 * 3600.0
"""How long caller and destination may be connected, where nobody says: people wait in queues for hours, and a forgotten
line costs money."""

MAX_DESTINATIONS = 10

MAX_SUMMARY = 2000
"""Characters of what a destination is told of the call."""


class Requester(enum.StrEnum):
    """Who wanted a transfer."""

    WORK_MODE = "work_mode"
    """The number's work mode forwards its calls."""
    AGENT = "agent"
    """The agent in the call, by its tool `transfer_call`."""
    API = "api"
    """An operator or a program of theirs."""


class Fallback(enum.StrEnum):
    """What becomes of a caller whose transfer reaches nobody."""

    RETURN_TO_AGENT = "return_to_agent"
    """The agent says so and takes up the conversation again."""
    TAKE_MESSAGE = "take_message"
    """The caller is asked to leave a message, which is recorded and written down."""
    HANG_UP = "hang_up"
    """The agent says so, says goodbye and hangs up."""


class _Shape(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Destination(_Shape):
    """One phone that may take the call."""

    to: str = pydantic.Field(max_length=512)
    """E.164, or a `sip:` URI."""
    label: str | None = pydantic.Field(default=None, max_length=200)
    """What the agent calls it."""
    ringing_timeout_s: Annotated[float, pydantic.Field(gt=0, le=MAX_RINGING_S)] | None = None
    """How long it may ring; None: as long as the trunk says."""
    extension: str | None = pydantic.Field(default=None, max_length=64)
    """Digits to be dialed after the answer, `0-9*#A-D`; each `w` is half a second's pause."""


class VoicemailDetection(_Shape):
    """Whether a destination's voicemail is told from a person."""

    enabled: bool = True
    timeout_s: float = pydantic.Field(default=VOICEMAIL_S, gt=0, le=60)
    """For how long after the answer."""


class Wish(_Shape):
    """Everything that is wanted of one transfer."""

    destinations: tuple[Destination, ...] = pydantic.Field(min_length=1, max_length=MAX_DESTINATIONS)
    """In the order in which they are tried."""
    sender: str | None = None
    """The number of ours that is shown, E.164; None: the one that the call came to."""
    screening: str | None = pydantic.Field(default=None, max_length=2000)
    """What the agent is to find out from whoever answers, before it connects them."""
    summary: str | None = pydantic.Field(default=None, max_length=MAX_SUMMARY)
    """What whoever answers is told of the call; None: the job makes one."""
    fallback: Fallback = Fallback.RETURN_TO_AGENT
    voicemail_detection: VoicemailDetection = VoicemailDetection()
    headers: dict[str, str] = {}
    """SIP headers for the REFER, or for the INVITE where there is none."""
    metadata: dict[str, str] = {}
    """The requester's own; shown with the transfer."""
    longest_s: float = pydantic.Field(default=LONGEST_S, gt=0)
    """How long caller and destination may be connected."""

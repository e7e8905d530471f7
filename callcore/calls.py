"""The call: one conversation over the telephone, from the first ringing to the last BYE."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Mapping

from callcore import endings, outcomes


class Direction(enum.StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    WEB = "web"


class Status(enum.StrEnum):
    """Where a call is. Nothing moves a call out of `ended`."""

    QUEUED = "queued"
    """Accepted, not yet dialed (outbound only)."""
    DIALING = "dialing"
    """INVITE on its way, no ringing yet (outbound only)."""
    RINGING = "ringing"
    """Somebody's phone rings. An inbound call begins here."""
    IN_PROGRESS = "in_progress"
    """Answered: both sides can hear each other."""
    ENDED = "ended"
    """Over. The termination says how."""


class Action(enum.StrEnum):
    """What is done with a call."""

    CONVERSE = "converse"
    """An agent talks."""
    MESSAGE = "message"
    """A text is spoken, then we hang up."""
    VOICEMAIL = "voicemail"
    """The caller leaves a message."""
    FORWARD = "forward"
    """The caller is connected with another phone."""


class CallerId(enum.StrEnum):
    """What the caller's network said of the caller. None of it is proven."""

    KNOWN = "known"
    """A phone number."""
    WITHHELD = "withheld"
    """The caller does not want to be known: `anonymous`, or nothing at all (RFC 3323)."""
    UNUSABLE = "unusable"
    """Something that is no phone number: a name, nonsense, or far too long."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Call:
    """One call as the ledger knows it. Changes only through `transitions.transition`."""

    id: str
    direction: Direction
    status: Status
    room_name: str
    """The LiveKit room of the call; the unique key of an inbound one."""
    caller: str | None
    """The caller's number as E.164, or None where it is withheld or is no number."""
    dialed: str | None
    """The number that was called, as E.164."""
    created_at: dt.datetime
    caller_id: CallerId = CallerId.KNOWN
    """Of an inbound call: why `caller` is None."""
    forwarded_from: str | None = None
    """Whose phone sent the call on to us, as E.164; None where nobody's did."""
    action: Action | None = None
    """What is done with it; None until that is decided."""
    ring_back: bool = False
    """The caller returns a call of ours."""
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The session's metadata."""
    contact_id: str | None = None
    """Whom we talk to; None where the number is not known."""
    wants_no_calls: bool = False
    """The person asked not to be called again."""
    agent_id: str | None = None
    agent_version: str | None = None
    answered_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    duration_s: float | None = None
    """Seconds from answer to end by a monotonic clock; None for a call that was never answered."""
    termination: endings.Termination | None = None
    end_is_inferred: bool = False
    """Nobody who was in the call has reported its end: what its worker still reports counts."""
    outcome: outcomes.Outcome | None = None
    user_turns: int = 0
    """How many times the caller has said something."""
    sequence: int = 0
    """The sequence of the call's newest event."""

    @property
    def is_over(self) -> bool:
        return self.status is Status.ENDED

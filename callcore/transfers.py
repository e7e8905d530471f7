"""Transfers: a call is connected with somebody else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum


class Kind(enum.StrEnum):
    """Who wanted it, and how."""

    FORWARD = "forward"
    """The number's work mode sends the caller on; nobody spoke with them before."""


class State(enum.StrEnum):
    """Where a transfer is. The last four are final."""

    REQUESTED = "requested"
    """Wanted, nothing was done yet."""
    HOLDING = "holding"
    """The caller is put on hold."""
    DIALING = "dialing"
    """A destination's phone is dialed or rings."""
    CONSULTING = "consulting"
    """The destination is asked whether they take the call."""
    BRIDGED = "bridged"
    """Both sides hear each other."""
    RETURNED = "returned"
    """The caller is back with the agent."""
    FAILED = "failed"
    """No destination took the call."""
    CANCELLED = "cancelled"
    """Called off, or the caller hung up meanwhile."""

    @property
    def is_final(self) -> bool:
        return self in (State.BRIDGED, State.RETURNED, State.FAILED, State.CANCELLED)


class AttemptResult(enum.StrEnum):
    """How one destination answered."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    UNAVAILABLE = "unavailable"
    CARRIER_FAILURE = "carrier_failure"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """Nobody can know, as after a crash in between."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Attempt:
    """One destination that was dialed."""

    to: str
    """E.164, or a `sip:` URI."""
    label: str | None
    result: AttemptResult | None
    """None while it is under way."""
    sip_status_code: int | None
    seconds: float | None
    """From dialing to the result."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transfer:
    """One transfer of a call, with every destination that was tried."""

    id: str
    call_id: str
    kind: Kind
    state: State
    attempts: tuple[Attempt, ...]
    created_at: dt.datetime
    updated_at: dt.datetime

"""Transfers: a call is connected with somebody else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum

from callcore import endings

LEG_ATTRIBUTE = "trunkline.transfer"
"""Participant attribute on a leg that we dialed into a call: the transfer's id. The caller's own leg has none."""

LONGEST_S = 4 * 3600.0
"""How long caller and destination may be connected. People wait in queues for hours; a forgotten line costs money."""

SETTLE_S = 5.0
"""After a ringing timeout everybody knows by then how the dial ended; LiveKit says it within 0.1 s."""


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
    REFUSED = "refused"
    """A rule of this installation forbids it: nobody was dialed."""
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
    identity: str | None = None
    """Of the leg that is dialed, in the call's room; it holds no number. None before there is one."""


def result_of(sip_status_code: int) -> AttemptResult:
    """What a final SIP response of 300 or more says of a destination (RFC 3261 section 21)."""
    match sip_status_code:
        case 486 | 600:
            return AttemptResult.BUSY
        case 408 | 487:
            return AttemptResult.NO_ANSWER
        case 603 | 607 | 608:
            return AttemptResult.REJECTED
        case 404 | 410 | 484 | 485 | 604:
            return AttemptResult.INVALID_NUMBER
        case 480:
            return AttemptResult.UNAVAILABLE
        case _:
            return AttemptResult.CARRIER_FAILURE


def state_after(result: AttemptResult) -> State:
    """Where the last destination's answer leaves a forward."""
    match result:
        case AttemptResult.ANSWERED:
            return State.BRIDGED
        case AttemptResult.CANCELLED:
            return State.CANCELLED
        case _:
            return State.FAILED


def reason_of_end(reason: endings.Reason, *, is_bridged: bool) -> endings.Reason:
    """Why a call is over: once caller and destination hear each other, whoever hangs up, it was transferred."""
    return endings.Reason.TRANSFERRED if is_bridged and reason is endings.Reason.CALLER_HANGUP else reason

"""Transfers: a call is connected with somebody else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum

from callcore import endings, transfer_wishes

LEG_ATTRIBUTE = "trunkline.transfer"
"""Participant attribute on a leg that we dialed into a call: the transfer's id. The caller's own leg has none."""

RPC_METHOD = "trunkline.transfer"
"""What a job answers to when dispatch wants it to take part in a transfer; the payload is `contract.TransferNotice`."""

SETTLE_S = 5.0
"""After a ringing timeout everybody knows by then how the dial ended; LiveKit says it within 0.1 s."""


class Kind(enum.StrEnum):
    """How the caller is handed over."""

    FORWARD = "forward"
    """The number's work mode sends the caller on; nobody spoke with them before."""
    BLIND = "blind"
    """The caller is connected at once: by REFER where the carrier takes it, else in the call's own room."""
    WARM = "warm"
    """The agent speaks with the destination first, while the caller is on hold."""


class State(enum.StrEnum):
    """Where a transfer is. The last four end it; only `bridged` may be taken back, where the merge came too late."""

    REQUESTED = "requested"
    """Wanted, nothing was done yet."""
    HOLDING = "holding"
    """The caller is on hold, and no phone rings."""
    DIALING = "dialing"
    """A destination's phone is dialed or rings, or the carrier was asked to take the caller over."""
    CONSULTING = "consulting"
    """The destination is asked whether they take the call."""
    BRIDGED = "bridged"
    """Both sides hear each other, or the carrier has taken the caller over."""
    RETURNED = "returned"
    """The caller is back with the agent."""
    FAILED = "failed"
    """No destination took the call, and the caller does not go back to the agent."""
    CANCELLED = "cancelled"
    """Called off, or the caller hung up meanwhile."""

    @property
    def is_final(self) -> bool:
        return self in (State.BRIDGED, State.RETURNED, State.FAILED, State.CANCELLED)


class Method(enum.StrEnum):
    """How a destination is reached."""

    DIAL = "dial"
    """We dial it into the call's room."""
    REFER = "refer"
    """The caller's carrier is asked to connect them (RFC 3515)."""


class AttemptResult(enum.StrEnum):
    """How one destination answered."""

    ANSWERED = "answered"
    """And took the call."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    UNAVAILABLE = "unavailable"
    CARRIER_FAILURE = "carrier_failure"
    DECLINED = "declined"
    """Somebody answered and does not take the call."""
    VOICEMAIL = "voicemail"
    """A machine answered."""
    HUNG_UP = "hung_up"
    """Somebody answered and hung up before they took the call."""
    UNRESPONSIVE = "unresponsive"
    """Somebody or something answered and did not say in time whether it takes the call."""
    CANCELLED = "cancelled"
    """Called off, or the caller hung up."""
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
    method: Method = Method.DIAL
    began_at: dt.datetime | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transfer:
    """One transfer of a call, with every destination that was tried. Changes only through `transfer_steps.step`."""

    id: str
    call_id: str
    kind: Kind
    state: State
    attempts: tuple[Attempt, ...]
    created_at: dt.datetime
    updated_at: dt.datetime
    identity: str | None = None
    """Of the leg that is dialed, in the call's room; it holds no number. None before there is one, and by REFER."""
    requested_by: transfer_wishes.Requester = transfer_wishes.Requester.WORK_MODE
    wish: transfer_wishes.Wish | None = None
    """None of a forward, whose wish is the call's plan."""
    request_id: str | None = None
    """Of the tool call that wanted it, so that asking again changes nothing."""
    version: int = 1
    """Rises with every change."""
    accepted_at: dt.datetime | None = None
    """When the destination, or an operator for it, took the call; they hear each other a moment later."""
    bridged_at: dt.datetime | None = None

    @property
    def attempt(self) -> int:
        """Which attempt is the latest, counted from 1; 0 before there is one."""
        return len(self.attempts)

    @property
    def has_destination(self) -> bool:
        """A destination is being tried, or has the call: its leg belongs in the room, and counts towards limits."""
        return self.is_attempting or self.state is State.BRIDGED

    @property
    def is_attempting(self) -> bool:
        """A destination is being tried."""
        return bool(self.attempts) and self.attempts[-1].result is None


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


def reason_of_end(reason: endings.Reason, *, is_bridged: bool) -> endings.Reason:
    """Why a call is over: once caller and destination hear each other, whoever hangs up, it was transferred."""
    return endings.Reason.TRANSFERRED if is_bridged and reason is endings.Reason.CALLER_HANGUP else reason

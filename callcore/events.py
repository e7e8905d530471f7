"""The events of a call that are kept, numbered and told to the outside."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Mapping

Data = Mapping[str, str | int | float | bool | None]
"""What an event carries beside its type: flat, JSON, no phone numbers, no transcript."""


class EventType(enum.StrEnum):
    """Every type of event, with what it tells."""

    QUEUED = "call.queued"
    """A call that we place is accepted, and not dialed yet."""
    REFUSED = "call.refused"
    """A call that we wanted to place is forbidden after all: the gate's code, and when it may be tried again."""
    DIALING = "call.dialing"
    """The INVITE is on its way to the callee."""
    RINGING = "call.ringing"
    """The call exists and a phone rings."""
    ROUTED = "call.routed"
    """It is decided what is done with the call: the action, the agent and its version where one takes it, whether
    dispatch or a snapshot decided, and whether the caller returns a call of ours."""
    PRE_CALL = "call.pre_call"
    """The pre-call webhook was asked what to do with the call: what came of it, how long it took, and what of its
    answer had no effect."""
    ANSWERED = "call.answered"
    """200 OK: both sides can hear each other."""
    INTERRUPTED = "call.interrupted"
    """The caller cut the agent off (barge-in)."""
    PROVIDER_FAILED = "call.provider_failed"
    """Recognition, model or voice failed for good."""
    TOOL_CALLED = "call.tool_called"
    """The agent used a tool."""
    DO_NOT_CALL = "call.do_not_call"
    """The person asked not to be called again."""
    VOICEMAIL = "call.voicemail"
    """The caller left a message: its length."""
    TRANSFER_REQUESTED = "call.transfer.requested"
    """The call is to be connected with somebody else: the transfer's id and kind, and who wanted it."""
    TRANSFER_HOLDING = "call.transfer.holding"
    """The caller was told; in a warm transfer they are on hold."""
    TRANSFER_DIALING = "call.transfer.dialing"
    """A destination is dialed, or the carrier is asked to: which one, counted from 1, and by which method."""
    TRANSFER_CONSULTING = "call.transfer.consulting"
    """The destination answered and is asked whether they take the call."""
    TRANSFER_ACCEPTED = "call.transfer.accepted"
    """The destination, or an operator for it, takes the call."""
    TRANSFER_ATTEMPT_FAILED = "call.transfer.attempt_failed"
    """A destination does not take the call: how it answered, and its SIP status code."""
    TRANSFER_BRIDGED = "call.transfer.bridged"
    """Caller and destination hear each other, or the carrier has taken the caller over: seconds since it was wanted."""
    TRANSFER_RETURNED = "call.transfer.returned"
    """Nobody took the call; the caller is back with the agent."""
    TRANSFER_FAILED = "call.transfer.failed"
    """Nobody took the call, and the caller gets the fallback: how the last destination answered."""
    TRANSFER_CANCELLED = "call.transfer.cancelled"
    """Called off by an operator, or the caller hung up."""
    HANGUP = "call.hangup"
    """The call is over."""
    CORRECTED = "call.corrected"
    """How the call ended, by its worker's own report; the hangup before it was inferred without one."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """One event in the ledger. `sequence` is gapless from 1 within a call."""

    id: str
    call_id: str
    sequence: int
    type: EventType
    at: dt.datetime
    data: Data

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
    TRANSFER_DIALING = "call.transfer.dialing"
    """A transfer's destination is dialed: the transfer's id and kind, and which destination, counted from 1."""
    TRANSFER_BRIDGED = "call.transfer.bridged"
    """The destination answered; it and the caller hear each other."""
    TRANSFER_FAILED = "call.transfer.failed"
    """No destination took the call: how the last one answered, and its SIP status code."""
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

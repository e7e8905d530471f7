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

    RINGING = "call.ringing"
    """The call exists and a phone rings."""
    ROUTED = "call.routed"
    """It is decided what is done with the call: the action, the agent and its version where one takes it, whether
    dispatch or a snapshot decided, and whether the caller returns a call of ours."""
    ANSWERED = "call.answered"
    """200 OK: both sides can hear each other."""
    INTERRUPTED = "call.interrupted"
    """The caller cut the agent off (barge-in)."""
    PROVIDER_FAILED = "call.provider_failed"
    """Recognition, model or voice failed for good."""
    TOOL_CALLED = "call.tool_called"
    """The agent used a tool."""
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

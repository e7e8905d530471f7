"""How a call ended: a result for the operator's error budget, a reason for everybody else.

The result is decided together with the reason, where the fact is known, so that no report has to guess it later.
"""

from __future__ import annotations

import dataclasses
import enum


class Result(enum.StrEnum):
    """Whose doing the end was, in the five words an error budget needs."""

    SUCCESS = "success"
    """The call did what a call does: it was held, and somebody hung up or it was handed on."""
    CLIENT_ERROR = "client_error"
    """The other side or the request prevented it: busy, rejected, cancelled, forbidden."""
    SERVER_ERROR = "server_error"
    """We failed: worker lost, platform lost."""
    UPSTREAM_ERROR = "upstream_error"
    """Something we lean on failed: a carrier, a speech or language provider."""
    INDETERMINATE = "indeterminate"
    """Nobody can know: a crash in between, a transfer that was never confirmed."""


class Reason(enum.StrEnum):
    """Why the call is over. A closed list."""

    CALLER_HANGUP = "caller_hangup"
    """The person at the other end hung up."""
    AGENT_HANGUP = "agent_hangup"
    """The agent said goodbye and hung up."""
    MESSAGE_PLAYED = "message_played"
    """The off-hours message was spoken to its end."""
    OPERATOR_HANGUP = "operator_hangup"
    """Ended through the API."""
    TRANSFERRED = "transferred"
    """Handed on to another party."""
    VOICEMAIL = "voicemail"
    """A message was left or taken."""
    MAX_DURATION = "max_duration"
    """The agent's time limit was reached."""
    SILENCE = "silence"
    """Nobody said anything for too long."""
    CANCELLED = "cancelled"
    """Given up while it was still ringing."""
    BUSY = "busy"
    """The callee was busy."""
    NO_ANSWER = "no_answer"
    """It rang and nobody answered."""
    REJECTED = "rejected"
    """The callee declined, or our configuration refused the caller."""
    UNAVAILABLE = "unavailable"
    """The callee could not be reached: the phone is off, or nobody is there (480)."""
    INVALID_NUMBER = "invalid_number"
    """There is no such number, or none of ours."""
    POLICY_REFUSED = "policy_refused"
    """A rule of ours forbade the call."""
    CARRIER_FAILURE = "carrier_failure"
    """The trunk or carrier failed."""
    MEDIA_TIMEOUT = "media_timeout"
    """No sound packets came for too long."""
    PROVIDER_FAILURE = "provider_failure"
    """Recognition, model or voice failed and the caller got an apology."""
    WORKER_LOST = "worker_lost"
    """The worker of this call died."""
    PLATFORM_LOST = "platform_lost"
    """LiveKit lost the call."""
    INTERNAL_ERROR = "internal_error"
    """A fault of ours."""
    UNKNOWN = "unknown"
    """It is over, and nothing says why."""


_RESULTS: dict[Reason, Result] = {
    Reason.CALLER_HANGUP: Result.SUCCESS,
    Reason.AGENT_HANGUP: Result.SUCCESS,
    Reason.MESSAGE_PLAYED: Result.SUCCESS,
    Reason.OPERATOR_HANGUP: Result.SUCCESS,
    Reason.TRANSFERRED: Result.SUCCESS,
    Reason.VOICEMAIL: Result.SUCCESS,
    Reason.MAX_DURATION: Result.SUCCESS,
    Reason.SILENCE: Result.SUCCESS,
    Reason.CANCELLED: Result.CLIENT_ERROR,
    Reason.BUSY: Result.CLIENT_ERROR,
    Reason.NO_ANSWER: Result.CLIENT_ERROR,
    Reason.REJECTED: Result.CLIENT_ERROR,
    Reason.UNAVAILABLE: Result.CLIENT_ERROR,
    Reason.INVALID_NUMBER: Result.CLIENT_ERROR,
    Reason.POLICY_REFUSED: Result.CLIENT_ERROR,
    Reason.CARRIER_FAILURE: Result.UPSTREAM_ERROR,
    Reason.MEDIA_TIMEOUT: Result.UPSTREAM_ERROR,
    Reason.PROVIDER_FAILURE: Result.UPSTREAM_ERROR,
    Reason.WORKER_LOST: Result.SERVER_ERROR,
    Reason.PLATFORM_LOST: Result.SERVER_ERROR,
    Reason.INTERNAL_ERROR: Result.SERVER_ERROR,
    Reason.UNKNOWN: Result.INDETERMINATE,
}


class EndedBy(enum.StrEnum):
    """Who put the phone down."""

    CALLER = "caller"
    CALLEE = "callee"
    AGENT = "agent"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Termination:
    """The end of one call."""

    reason: Reason
    ended_by: EndedBy
    sip_status_code: int | None = None
    """The final SIP status (RFC 3261 section 21), where one decided the end."""
    sip_status: str | None = None
    """The phrase beside that status."""

    @property
    def result(self) -> Result:
        return _RESULTS[self.reason]


BY_OPERATOR = Termination(reason=Reason.OPERATOR_HANGUP, ended_by=EndedBy.OPERATOR)
"""The end by an operator's hand."""

"""Calls that we place: how a dial's answer ends the call."""

from __future__ import annotations

from callcore import endings, transfers

_REASONS: dict[transfers.AttemptResult, endings.Reason] = {
    transfers.AttemptResult.BUSY: endings.Reason.BUSY,
    transfers.AttemptResult.NO_ANSWER: endings.Reason.NO_ANSWER,
    transfers.AttemptResult.REJECTED: endings.Reason.REJECTED,
    transfers.AttemptResult.INVALID_NUMBER: endings.Reason.INVALID_NUMBER,
    transfers.AttemptResult.UNAVAILABLE: endings.Reason.UNAVAILABLE,
    transfers.AttemptResult.CARRIER_FAILURE: endings.Reason.CARRIER_FAILURE,
    transfers.AttemptResult.CANCELLED: endings.Reason.CANCELLED,
    transfers.AttemptResult.REFUSED: endings.Reason.POLICY_REFUSED,
    transfers.AttemptResult.UNKNOWN: endings.Reason.UNKNOWN,
}

_BY_CALLEE = frozenset(
    {
        transfers.AttemptResult.BUSY,
        transfers.AttemptResult.REJECTED,
        transfers.AttemptResult.NO_ANSWER,
        transfers.AttemptResult.UNAVAILABLE,
    }
)


def termination(
    result: transfers.AttemptResult, *, sip_status_code: int | None = None, sip_status: str | None = None
) -> endings.Termination:
    """How a call ended whose dial did not lead to a conversation; `answered` does not end a call and has none."""
    if result is transfers.AttemptResult.CANCELLED:
        ended_by = endings.EndedBy.OPERATOR
    else:
        ended_by = endings.EndedBy.CALLEE if result in _BY_CALLEE else endings.EndedBy.SYSTEM
    return endings.Termination(
        reason=_REASONS[result], ended_by=ended_by, sip_status_code=sip_status_code, sip_status=sip_status
    )

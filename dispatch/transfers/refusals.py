"""Why a transfer is not begun, or does not do what somebody wants: all are conflicts with how things are."""

from __future__ import annotations

from callcore import errors


class CallNotInProgress(errors.Conflict):
    """Only a call that is in progress can be transferred."""

    public_code = "call_not_in_progress"


class NoAgent(errors.Conflict):
    """No agent talks with this caller, so nobody could transfer the call."""

    public_code = "no_agent"


class TransferUnderWay(errors.Conflict):
    """This call is being transferred already."""

    public_code = "transfer_in_progress"


class AlreadyTransferred(errors.Conflict):
    """This call is connected with somebody else already."""

    public_code = "already_transferred"


class NotConsulting(errors.Conflict):
    """No destination is being asked whether they take the call."""

    public_code = "transfer_not_consulting"


class TransferOver(errors.Conflict):
    """This transfer is over."""

    public_code = "transfer_over"


class NotAForward(errors.Conflict):
    """Nobody decided that this call is to be forwarded."""

    public_code = "not_a_forward"

"""What a job says of a transfer, and what an operator wants of it: each changes the row, which its task then sees."""

from __future__ import annotations

from collections.abc import Sequence

from callcore import clock, contract, transfer_steps, transfers
from dispatch.ledger import admission
from dispatch.store import calls as call_rows
from dispatch.transfers import records, refusals, taking


def noting(fact: contract.TransferFact, timepiece: clock.Clock) -> records.Deciding:
    """Takes what the call's job saw or did.

    Raises:
        Fenced: the call is another job's.
    """

    def deciding(transfer: transfers.Transfer, entry: call_rows.Entry) -> Sequence[transfer_steps.Fact]:
        if entry.holder.fences(fact.job_id, fact.generation):
            raise admission.Fenced
        at = max(transfer.updated_at, min(fact.at, timepiece.now()))  # clocks of other machines differ
        return taking.seen(transfer, fact, at)

    return deciding


def completing(timepiece: clock.Clock) -> records.Deciding:
    """Takes the call in the destination's name.

    Raises:
        NotConsulting: nobody is being asked.
    """

    def deciding(transfer: transfers.Transfer, _: call_rows.Entry) -> Sequence[transfer_steps.Fact]:
        if transfer.state is not transfers.State.CONSULTING:
            raise refusals.NotConsulting
        return (transfer_steps.Accepted(at=timepiece.now(), attempt=transfer.attempt),)

    return deciding


def cancelling(timepiece: clock.Clock, *, try_next: bool) -> records.Deciding:
    """Calls a transfer off, or with `try_next` the destination that is being tried.

    Raises:
        TransferOver: it has ended.
        NotConsulting: no destination is being tried, or it is the carrier's, which cannot be told to stop.
    """

    def deciding(transfer: transfers.Transfer, _: call_rows.Entry) -> Sequence[transfer_steps.Fact]:
        if transfer.state.is_final:
            raise refusals.TransferOver
        if transfer.is_attempting and transfer.attempts[-1].method is transfers.Method.REFER:
            raise refusals.NotConsulting("The caller's carrier was asked to connect them: that cannot be taken back.")
        if not try_next:
            return (transfer_steps.Cancelled(at=timepiece.now()),)
        if not transfer.is_attempting:
            raise refusals.NotConsulting
        cancelled = transfers.AttemptResult.CANCELLED
        return (transfer_steps.AttemptFailed(at=timepiece.now(), attempt=transfer.attempt, result=cancelled),)

    return deciding

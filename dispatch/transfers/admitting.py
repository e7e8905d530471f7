"""Whether a transfer may begin, by the call and the transfers that it has."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, contract, transfers
from dispatch.ledger import admission
from dispatch.store import briefs
from dispatch.store import calls as call_rows
from dispatch.store import transfers as rows
from dispatch.transfers import records, refusals


def of_forward(wish: contract.ForwardRequest) -> records.Admitting:
    """Lets begin what the call's plan says, once.

    Raises:
        CallOver, Fenced: the job has nothing to do with the call any more.
        NotAForward: its plan is another one, or dispatch made none.
    """

    async def admit(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> transfers.Transfer | None:
        if entry.call.is_over:
            raise admission.CallOver
        if entry.holder.fences(wish.job_id, wish.generation):
            raise admission.Fenced
        if not isinstance((await briefs.get(tx, entry.call.id)).plan, contract.Forward):
            raise refusals.NotAForward
        return next(iter(await rows.of_call(tx, entry.call.id)), None)

    return admit


def of_request(request_id: str | None, holder: tuple[str, int] | None) -> records.Admitting:
    """Lets begin what an agent or an operator wants, where it is the only one of the call.

    Args:
        request_id: of the tool call that wants it; the one that it began before is the answer.
        holder: id and generation of the job that asks; None where it is no job.

    Raises:
        CallOver, Fenced: the job that asks has nothing to do with the call any more.
        CallNotInProgress, NoAgent, TransferUnderWay, AlreadyTransferred: see there.
    """

    async def admit(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> transfers.Transfer | None:
        if holder is not None and entry.holder.fences(*holder):
            raise admission.Fenced
        before = await rows.of_call(tx, entry.call.id)
        if request_id is not None:
            for transfer in before:
                if transfer.request_id == request_id:
                    return transfer
        _check_call(entry.call, is_by_job=holder is not None)
        _check_others(before)
        return None

    return admit


def _check_call(call: calls.Call, *, is_by_job: bool) -> None:
    """A job is believed that its call is answered and in its hands: what it reported of that may be on its way."""
    if is_by_job and call.is_over:
        raise admission.CallOver
    if not (is_by_job or call.status is calls.Status.IN_PROGRESS):
        raise refusals.CallNotInProgress
    is_agents = call.action is calls.Action.CONVERSE or (is_by_job and call.action is None)
    if not is_agents:
        raise refusals.NoAgent


def _check_others(before: Sequence[transfers.Transfer]) -> None:
    if any(transfer.state is transfers.State.BRIDGED for transfer in before):
        raise refusals.AlreadyTransferred
    if any(not transfer.state.is_final for transfer in before):
        raise refusals.TransferUnderWay

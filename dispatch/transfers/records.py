"""The steps of a transfer, each as its row and an event of the call in one transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable

from sqlalchemy.ext import asyncio as sa_async

from callcore import clock, contract, endings, errors, events, ids, transfers, transitions
from dispatch import gate, wakeups
from dispatch.ledger import admission, ledger
from dispatch.livekit import dialing
from dispatch.store import briefs
from dispatch.store import calls as call_rows
from dispatch.store import transfers as rows

_EVENTS = {
    transfers.State.DIALING: events.EventType.TRANSFER_DIALING,
    transfers.State.BRIDGED: events.EventType.TRANSFER_BRIDGED,
    transfers.State.FAILED: events.EventType.TRANSFER_FAILED,
    transfers.State.CANCELLED: events.EventType.TRANSFER_FAILED,
}


Reserving = Callable[[sa_async.AsyncConnection], Awaitable[None]]
"""Takes up what a dial takes of the limits, or raises."""


class NotAForward(errors.Conflict):
    """Nobody decided that this call is to be forwarded."""

    public_code = "not_a_forward"


class Records:
    """Writes transfers down."""

    def __init__(self, book: ledger.Ledger, hints: wakeups.Wakeups, timepiece: clock.Clock) -> None:
        self._ledger = book
        self._wakeups = hints
        self._clock = timepiece

    async def open_forward(
        self, call_id: str, wish: contract.ForwardRequest
    ) -> tuple[transfers.Transfer, contract.Forward | None]:
        """The transfer of a call that its plan sends on; with the plan where it begins now.

        Raises:
            NoSuchCall: there is no such call.
            CallOver, Fenced: the job has nothing to do with it any more.
            NotAForward: its plan is another one, or dispatch made none.
        """
        found: list[tuple[transfers.Transfer, contract.Forward | None]] = []

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> None:
            if entry.call.is_over:
                raise admission.CallOver
            if entry.holder.fences(wish.job_id, wish.generation):
                raise admission.Fenced
            plan = (await briefs.get(tx, call_id)).plan
            if not isinstance(plan, contract.Forward):
                raise NotAForward
            before = await rows.of_call(tx, call_id)
            if before:
                found.append((before[0], None))
                return
            now = self._clock.now()
            begun = transfers.Transfer(
                id=ids.new(ids.TRANSFER, now),
                call_id=call_id,
                kind=transfers.Kind.FORWARD,
                state=transfers.State.REQUESTED,
                attempts=(),
                created_at=now,
                updated_at=now,
            )
            await rows.insert(tx, begun)
            found.append((begun, plan))

        await self._ledger.alongside(call_id, write)
        return found[0]

    async def begin_dialing(self, transfer: transfers.Transfer, to: str, reserve: Reserving) -> transfers.Transfer:
        """Put down that a phone is dialed now: after this, whatever happens, it is never dialed again.

        Where the call has ended meanwhile, nothing is to be dialed, and the answer is a transfer that was called off.

        Raises:
            PolicyRefused: `reserve` did; nothing was put down.
        """
        number = len(transfer.attempts) + 1
        attempt = transfers.Attempt(to=to, label=None, result=None, sip_status_code=None, seconds=None)
        dialing_now = dataclasses.replace(
            transfer,
            state=transfers.State.DIALING,
            identity=f"{transfer.id}_{number}",
            attempts=(*transfer.attempts, attempt),
        )
        return await self._step(dialing_now, instead=transfer, reserve=reserve)

    async def finish(
        self, transfer: transfers.Transfer, answer: dialing.Answer, seconds: float | None, *, rule: str | None = None
    ) -> transfers.Transfer:
        """Put down how the dial ended. A call that ended meanwhile was not transferred, unless it says so itself.

        Args:
            transfer: what was dialed for.
            answer: how it ended.
            seconds: from dialing to the answer; None where nothing was dialed, or nobody knows.
            rule: code of the rule that forbade it.
        """
        last = transfer.attempts[-1:]
        done = tuple(
            dataclasses.replace(attempt, result=answer.result, sip_status_code=answer.sip_status_code, seconds=seconds)
            for attempt in last
        )
        finished = dataclasses.replace(
            transfer, state=_state_after(answer.result), attempts=(*transfer.attempts[:-1], *done)
        )
        return await self._step(finished, result=answer, rule=rule)

    async def _step(
        self,
        transfer: transfers.Transfer,
        *,
        result: dialing.Answer | None = None,
        rule: str | None = None,
        instead: transfers.Transfer | None = None,
        reserve: Reserving | None = None,
    ) -> transfers.Transfer:
        """Write a step; of a call that is over, `instead` is what is called off, where it is given."""
        written: list[transfers.Transfer] = []

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> transitions.Noted | None:
            before = await rows.get(tx, transfer.call_id, transfer.id)
            if before.state.is_final:
                written.append(before)
                return None
            now = self._clock.now()
            state = _state_in(entry, transfer.state)
            step = instead if instead is not None and entry.call.is_over else transfer
            written.append(dataclasses.replace(step, state=state, updated_at=now))
            await rows.update(tx, written[0])
            if reserve is not None and not state.is_final:
                await reserve(tx)
            elif state.is_final and state is not transfers.State.BRIDGED:
                await gate.release_transfer(tx, transfer.call_id, now)
            why = result if state is not transfers.State.BRIDGED else None
            return transitions.Noted(at=now, type=_EVENTS[state], data=_data(written[0], why, rule))

        await self._ledger.alongside(transfer.call_id, write)
        self._wakeups.notify(transfer.call_id)
        return written[0]


def _state_after(result: transfers.AttemptResult) -> transfers.State:
    match result:
        case transfers.AttemptResult.ANSWERED:
            return transfers.State.BRIDGED
        case transfers.AttemptResult.CANCELLED:
            return transfers.State.CANCELLED
        case _:
            return transfers.State.FAILED


def _state_in(entry: call_rows.Entry, wanted: transfers.State) -> transfers.State:
    end = entry.call.termination
    if end is None:
        return wanted
    if end.reason is endings.Reason.TRANSFERRED:
        return transfers.State.BRIDGED  # its job saw the two connected, and parted again, before we put it down
    return transfers.State.FAILED if wanted is transfers.State.FAILED else transfers.State.CANCELLED


def _data(transfer: transfers.Transfer, result: dialing.Answer | None, rule: str | None) -> events.Data:
    data: dict[str, str | int | None] = {
        "transfer_id": transfer.id,
        "kind": transfer.kind.value,
        "destination": max(1, len(transfer.attempts)),
    }
    if result is None:
        return data
    told = {**data, "result": result.result.value, "sip_status_code": result.sip_status_code}
    return told if rule is None else {**told, "code": rule}

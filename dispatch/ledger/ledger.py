"""The ledger's transactions: load, change, commit; and only then let others act on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, clock, contract, transitions
from dispatch.ledger import admission, changes, introductions, legs, posting, spooling
from dispatch.reports import scheduling
from dispatch.store import calls as call_rows
from dispatch.store import engine, notices

Conclusion = Callable[[sa_async.AsyncConnection, call_rows.Entry], Awaitable[transitions.Ended | None]]
"""How a call must have ended, by what the transaction sees; None where it need not have."""
Writing = Callable[[sa_async.AsyncConnection, call_rows.Entry], Awaitable[transitions.Noted | None]]
"""Writes what belongs to a call beside its row; the event that tells of it, or None where nothing is to be told."""
Opening = Callable[[sa_async.AsyncConnection], Awaitable[tuple[changes.Change, ...]]]
"""Writes a call that we place and what belongs to it; how it came into being, nothing where it did not."""
Step = Callable[[sa_async.AsyncConnection, call_rows.Entry], Awaitable[tuple[transitions.Fact, ...]]]
"""Writes what belongs to a call beside its row; the facts that follow for the call."""


class Ledger:
    """The only writer of calls. Two facts at once about one call wait for each other in the store."""

    def __init__(
        self,
        store: engine.Store,
        timepiece: clock.Clock,
        aftermath: changes.Aftermath,
        *,
        region: Callable[[], str | None],
    ) -> None:
        """Keep the books; bare national numbers are those of what `region` says at that moment (ISO 3166)."""
        self._store = store
        self._clock = timepiece
        self._aftermath = aftermath
        self._region = region
        self._introductions = introductions.Introductions()

    async def admit(self, intake: contract.CallIntake, plan: contract.Plan | None) -> admission.Admission:
        """Open the call of a room or find it again.

        Raises:
            Fenced: another job holds it.
            CallOver: it has ended.
        """
        intake = self._introductions.completed(intake)
        async with self._store.writing() as tx:
            admitted = await admission.admit(tx, intake, plan, self._region())
        self._follow(admitted.changes)
        return admitted

    async def keep_plan(self, call_id: str, plan: contract.Plan) -> contract.Plan:
        """Keep what was decided about a call; a plan that is there already stands, and is the answer.

        Raises:
            NoSuchCall: there is no such call.
        """
        async with self._store.writing() as tx:
            await call_rows.get_for_update(tx, call_id)
            return await admission.decide(tx, call_id, plan) or plan

    async def post(self, call_id: str, fact: transitions.Fact) -> calls.Call:
        """Take one fact; the call after it. A call that is over stays as it is.

        Raises:
            NoSuchCall: there is no such call.
            IllegalTransition: its state does not allow this.
        """
        async with self._store.writing() as tx:
            entry = await call_rows.get_for_update(tx, call_id)
            outcome = await posting.post(tx, entry, fact)
        self._follow((outcome,))
        return outcome.after if isinstance(outcome, changes.Change) else entry.call

    async def alongside(self, call_id: str, write: Writing) -> None:
        """Let something be written that belongs to a call, and keep its event, in one transaction.

        Raises:
            NoSuchCall: there is no such call.
        """
        async with self._store.writing() as tx:
            entry = await call_rows.get_for_update(tx, call_id)
            noted = await write(tx, entry)
            outcomes = () if noted is None else (await posting.post(tx, entry, noted),)
        self._follow(outcomes)

    async def open(self, write: Opening) -> None:
        """Let a call that we place come into being with all that belongs to it, in one transaction."""
        async with self._store.writing() as tx:
            opened = await write(tx)
        self._follow(opened)

    async def step(self, call_id: str, write: Step) -> calls.Call:
        """Let something be written that belongs to a call, and take the facts that follow, in one transaction.

        Raises:
            NoSuchCall: there is no such call.
            IllegalTransition: its state does not allow one of the facts; nothing was written.
        """
        outcomes: list[changes.Outcome] = []
        async with self._store.writing() as tx:
            entry = await call_rows.get_for_update(tx, call_id)
            for fact in await write(tx, entry):
                outcome = await posting.post(tx, entry, fact)
                outcomes.append(outcome)
                if isinstance(outcome, changes.Change):
                    entry = dataclasses.replace(entry, call=outcome.after)
        self._follow(tuple(outcomes))
        return entry.call

    async def infer_end(self, call_id: str, conclude: Conclusion) -> bool:
        """End a call that nobody reports on, if that must be concluded at the moment of writing; whether it was."""
        async with self._store.writing() as tx:
            entry = await call_rows.get_for_update(tx, call_id)
            ended = None if entry.call.is_over else await conclude(tx, entry)
            if ended is None:
                return False
            outcome = await posting.post(tx, entry, dataclasses.replace(ended, inferred=True))
            await scheduling.settle(tx, call_id, self._clock.now())
        self._follow((outcome,))
        return True

    async def take(self, batch: contract.SpoolBatch) -> spooling.Taken:
        """Take a worker's lines, a few in each transaction, so that a call which is announced meanwhile need not wait.

        Raises:
            LinesMissing: lines between this batch and the last one did not come.
        """
        whole = spooling.Taken()
        for part in spooling.parts(self._introductions.complete(batch)):
            async with self._store.writing() as tx:
                taken = await spooling.take(tx, part, region=self._region(), now=self._clock.now())
            self._follow(taken.outcomes)
            whole = whole.and_then(taken)
        return whole

    async def request_hangup(self, call_id: str) -> calls.Call:
        """Note that an operator wants the call to end; whoever reports its end, it is theirs.

        Raises:
            NoSuchCall: there is no such call.
        """
        async with self._store.writing() as tx:
            entry = await call_rows.get_for_update(tx, call_id)
            if not entry.call.is_over and entry.hangup_requested_at is None:
                wanted = dataclasses.replace(entry, hangup_requested_at=self._clock.now())
                await call_rows.update(tx, entry, wanted)
        self._aftermath.stir(call_id)
        return entry.call

    async def note_leg(self, movement: legs.Movement, notice_id: str) -> bool:
        """Note what LiveKit said of a caller's leg, once; False for a notice that was taken before."""
        if isinstance(movement, legs.Back) and movement.caller:
            self._introductions.note(movement.room_name, movement.caller)
        async with self._store.writing() as tx:
            if not await notices.is_new(tx, notice_id, self._clock.now()):
                return False
            call_id = await legs.note(tx, movement)
        self._stir(call_id)
        return True

    async def note_leg_present(self, room_name: str) -> None:
        """Note that the caller's leg was seen in the room, whatever was noted before."""
        async with self._store.writing() as tx:
            call_id = await legs.note(tx, legs.Back(room_name=room_name))
        self._stir(call_id)

    def _stir(self, call_id: str | None) -> None:
        if call_id is not None:
            self._aftermath.stir(call_id)

    def _follow(self, outcomes: tuple[changes.Outcome, ...]) -> None:
        for outcome in outcomes:
            self._aftermath.follow(outcome)

"""The steps of a claimant, each as the row of the dial and the facts of its call in one transaction.

A step of somebody whose claim is another's by now is not taken: `Lost`.
"""

from __future__ import annotations

import dataclasses

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, clock, contract, endings, errors, transitions
from dispatch.dialing import words
from dispatch.ledger import ledger
from dispatch.store import briefs, dial_claims, engine
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows

UNANSWERED = frozenset({calls.Status.QUEUED, calls.Status.DIALING, calls.Status.RINGING})
"""States in which a call that we place is its dialer's."""


class Lost(errors.Conflict):
    """This dial is in other hands, or over."""

    public_code = "dial_lost"


class Over(Lost):
    """The call has ended."""


class Records:
    """Writes dials down."""

    def __init__(self, book: ledger.Ledger, store: engine.Store, timepiece: clock.Clock) -> None:
        self._ledger = book
        self._store = store
        self._clock = timepiece

    async def keep_plan(self, claim: rows.Dial, plan: contract.Plan, *facts: transitions.Fact) -> None:
        """Keep what the job is to do, and what else there is to tell of how that came about.

        Raises:
            Lost: see above; also where the call has ended.
        """

        async def write(tx: sa_async.AsyncConnection, _: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            await briefs.put_plan(tx, claim.call_id, plan)
            return facts

        await self.held(claim, write)

    async def begin(self, claim: rows.Dial, said: words.Said | None = None) -> None:
        """Put down that the phone is dialed now: after this, whatever happens, it is never dialed again.

        Args:
            claim: the claim that was driven.
            said: the job's word that it can talk, where that is not in the row already.

        Raises:
            Lost: see above; also where the call has ended, or the job is not the call's.
        """

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            await _held(tx, claim, entry)
            if said is not None and entry.holder.fences(said.word.job_id, said.word.generation):
                raise Lost
            now = self._clock.now()
            await rows.begin(tx, claim.call_id, now, ready_at=said.at if said is not None else None)
            return (transitions.Dialing(at=now),)

        await self._ledger.step(claim.call_id, write)

    async def answered(self, claim: rows.Dial) -> calls.Call:
        """Put down that somebody picked up, unless the job was faster; the call, which may have ended meanwhile.

        Raises:
            Lost: see above.
        """

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            dial = await _mine(tx, claim)
            await rows.finish(tx, claim.call_id)
            if entry.call.status not in UNANSWERED:
                return ()
            now = self._clock.now()
            rang = now - dial.dialed_at if dial.dialed_at is not None else None
            ringing_ms = max(0, round(rang.total_seconds() * 1000)) if rang is not None else None
            return (transitions.Answered(at=now, ringing_ms=ringing_ms),)

        return await self._ledger.step(claim.call_id, write)

    async def ended(self, claim: rows.Dial, termination: endings.Termination, *, inferred: bool = False) -> calls.Call:
        """Put down that nobody will pick up. A call that is in progress, by the word of its job, goes on.

        Args:
            claim: the claim that was driven.
            termination: how the call ended.
            inferred: nobody was there to see it, so that a report of the call's job is the better one.

        Raises:
            Lost: see above.
        """

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            await _mine(tx, claim)
            await rows.finish(tx, claim.call_id)
            if entry.call.status not in UNANSWERED:
                return ()
            return (transitions.Ended(at=self._clock.now(), termination=termination, inferred=inferred),)

        return await self._ledger.step(claim.call_id, write)

    async def held(self, claim: rows.Dial, write: ledger.Step) -> None:
        """Let something be written beside a dial that is being prepared, in the transaction that sees that it is.

        Raises:
            Lost: see above; also where the call has ended.
        """

        async def checked(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            await _held(tx, claim, entry)
            return await write(tx, entry)

        await self._ledger.step(claim.call_id, checked)

    async def again(self, claim: rows.Dial) -> rows.Dial:
        """Begin anew with another job; the claim as it is from now on.

        Raises:
            Lost: see above; also where the call has ended.
        """
        anew = dataclasses.replace(claim, generation=claim.generation + 1, ready_at=None)

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            await dial_claims.renew(tx, claim.call_id, anew.generation)
            await fence(tx, anew, entry)
            return ()

        await self.held(claim, write)
        return anew

    async def close(self, claim: rows.Dial) -> bool:
        """Put a dial whose call has ended, or goes on without us, out of everybody's hands; False where it has not."""
        async with self._store.writing() as tx:
            entry = await call_rows.get_for_update(tx, claim.call_id)
            if entry.call.status in UNANSWERED:
                return False
            dial = await rows.get_for_update(tx, claim.call_id)
            if dial is not None and dial.is_of(claim):
                await rows.finish(tx, claim.call_id)
            return entry.call.is_over


async def _mine(tx: sa_async.AsyncConnection, claim: rows.Dial) -> rows.Dial:
    dial = await rows.get_for_update(tx, claim.call_id)
    if dial is None or not dial.is_of(claim):
        raise Lost
    return dial


async def _held(tx: sa_async.AsyncConnection, claim: rows.Dial, entry: call_rows.Entry) -> None:
    dial = await _mine(tx, claim)
    if entry.call.is_over:
        raise Over
    if dial.state is not rows.State.CLAIMED:
        raise Lost


async def fence(tx: sa_async.AsyncConnection, claim: rows.Dial, entry: call_rows.Entry) -> None:
    """Have the call held by nobody until the job of this claim announces it: one of an earlier claim has no say."""
    nobody = call_rows.Holder(worker_id="", job_id="", generation=claim.generation - 1)
    await call_rows.update(tx, entry, dataclasses.replace(entry, holder=nobody))

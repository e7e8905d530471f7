"""The steps of a claimant, each as the row of the dial and the facts of its call in one transaction.

A step of somebody whose claim is another's by now is not taken: `Lost`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, clock, contract, endings, errors, events, transitions
from dispatch.ledger import ledger
from dispatch.store import briefs, dial_claims, engine
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows

UNANSWERED = frozenset({calls.Status.QUEUED, calls.Status.DIALING, calls.Status.RINGING})
"""States in which a call that we place is its dialer's."""


Asking = Callable[[sa_async.AsyncConnection], Awaitable[None]]
"""Asks the gate within a transaction."""

class Lost(errors.Conflict):
    """This dial is in other hands, or over."""

    public_code = "dial_lost"


class Records:
    """Writes dials down."""

    def __init__(self, book: ledger.Ledger, store: engine.Store, timepiece: clock.Clock) -> None:
        self._ledger = book
        self._store = store
        self._clock = timepiece

    async def keep_plan(self, claim: rows.Dial, plan: contract.Plan) -> None:
        """Keep what the job is to do.

        Raises:
            Lost: see above; also where the call has ended.
        """

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            await _held(tx, claim, entry)
            await briefs.put_plan(tx, claim.call_id, plan)
            return ()

        await self._ledger.step(claim.call_id, write)

    async def begin(self, claim: rows.Dial) -> None:
        """Put down that the phone is dialed now: after this, whatever happens, it is never dialed again.

        Raises:
            Lost: see above; also where the call has ended.
        """

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            await _held(tx, claim, entry)
            now = self._clock.now()
            await rows.begin(tx, claim.call_id, now)
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

    async def permitted(self, claim: rows.Dial, ask: Asking) -> None:
        """Ask the gate once more, and reserve what the call takes.

        Raises:
            Lost: see above; also where the call has ended.
            PolicyRefused, InvalidNumber: it must not be dialed; nothing was reserved.
        """

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            await _held(tx, claim, entry)
            await ask(tx)
            return ()

        await self._ledger.step(claim.call_id, write)

    async def refused(self, claim: rows.Dial, why: errors.PolicyRefused) -> None:
        """Put down that a rule forbids the call after all.

        Raises:
            Lost: see above; also where the call has ended.
        """

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            await _held(tx, claim, entry)
            await rows.finish(tx, claim.call_id)
            now = self._clock.now()
            retry_at = clock.rfc3339(why.retry_at) if why.retry_at is not None else None
            data = {"code": why.code, "retry_at": retry_at, "scope": why.scope}
            end = endings.Termination(reason=endings.Reason.POLICY_REFUSED, ended_by=endings.EndedBy.SYSTEM)
            return (
                transitions.Noted(at=now, type=events.EventType.REFUSED, data=data),
                transitions.Ended(at=now, termination=end),
            )

        await self._ledger.step(claim.call_id, write)

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
    if entry.call.is_over or dial.state is not rows.State.CLAIMED:
        raise Lost

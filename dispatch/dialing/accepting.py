"""Takes a call that somebody wants placed into the books: all of it in one transaction, or nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, clock, contract, errors, transitions
from dispatch import contacts, gate
from dispatch.dialing import claims, orders, roster
from dispatch.http import idempotency
from dispatch.ledger import changes, ledger, posting
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows
from sip_config import configurations

STATUS = 202

_NOBODY = call_rows.Holder(worker_id="", job_id="", generation=0)


class NoWorker(errors.Unavailable):
    """No worker takes calls at the moment."""

    public_code = "no_worker"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wanted:
    """A call that is to be placed, known to be within the static rules."""

    wish: gate.Wish
    order: orders.Order
    ringing_timeout_s: float
    configuration: configurations.Configuration


@dataclasses.dataclass(frozen=True, kw_only=True)
class Accepted:
    """A call that is in the books."""

    stored: idempotency.Stored
    """The answer: of now, or of when the same was asked for before."""
    is_replay: bool
    dial: rows.Dial | None = None
    """With its first claim, where it is to be placed now."""


class Accepting:
    """Opens calls."""

    def __init__(
        self,
        *,
        book: ledger.Ledger,
        claimant: claims.Claimant,
        workers: roster.Roster,
        timepiece: clock.Clock,
        hours: clock.Clock,
    ) -> None:
        self._ledger = book
        self._claimant = claimant
        self._roster = workers
        self._clock = timepiece
        self._hours = hours

    async def accept(
        self, wanted: Wanted, attempt: idempotency.Attempt | None, answer: str, *, is_free: bool
    ) -> Accepted:
        """Open the call, or find that this was done before.

        Args:
            wanted: the call.
            attempt: the client's name for the request.
            answer: the body of the answer.
            is_free: whether this process has a hand free for it, where it is to be placed now.

        Raises:
            IdempotencyConflict: the name was used for another request.
            NoWorker: nobody would talk.
            PolicyRefused: do-not-call, the hour or a limit forbids it.
            StoreUnavailable: nothing was written.
        """
        done: list[Accepted] = []

        async def write(tx: sa_async.AsyncConnection) -> tuple[changes.Change, ...]:
            now, call_id = self._clock.now(), wanted.wish.call_id
            stored = await idempotency.keep_first(tx, attempt, status=STATUS, body=answer, now=now, call_id=call_id)
            if stored is not None:
                done.append(Accepted(stored=stored, is_replay=True))
                return ()
            await self._admit(tx, wanted, now)
            change = await self._open(tx, wanted, now)
            dial = self._dial(wanted, now, is_free=is_free)
            await rows.insert(tx, dial)
            stored = idempotency.Stored(fingerprint="", status=STATUS, body=answer, call_id=call_id)
            done.append(Accepted(stored=stored, is_replay=False, dial=dial))
            return (change,)

        await self._ledger.open(write)
        return done[0]

    async def _admit(self, tx: sa_async.AsyncConnection, wanted: Wanted, now: dt.datetime) -> None:
        at = wanted.order.scheduled_at
        if at is None and not await self._roster.takes_calls(tx):
            raise NoWorker
        # Somebody who may not be called at the moment of a scheduled call need not wait until then to learn it.
        moment = self._hours.now() if at is None else at + (self._hours.now() - now)
        await gate.admit(tx, wanted.configuration, wanted.wish, moment)
        if at is None:
            await gate.reserve(tx, wanted.configuration, wanted.wish, now)

    async def _open(self, tx: sa_async.AsyncConnection, wanted: Wanted, now: dt.datetime) -> changes.Change:
        wish, order = wanted.wish, wanted.order
        callee = gate.number_of(wanted.configuration, wish)
        call = calls.Call(
            id=wish.call_id,
            direction=calls.Direction.OUTBOUND,
            status=calls.Status.QUEUED,
            room_name=wish.call_id,
            caller=order.caller,
            dialed=callee,
            created_at=now,
            metadata=order.metadata,
            contact_id=await contacts.ensure(tx, callee, now) if callee is not None else None,
            agent_id=order.agent_id,
        )
        entry = call_rows.Entry(call=call, holder=_NOBODY)
        return await posting.open_call(tx, entry, _intake(call, wish.to), transitions.Arrived(at=now))

    def _dial(self, wanted: Wanted, now: dt.datetime, *, is_free: bool) -> rows.Dial:
        dial = rows.Dial(
            call_id=wanted.wish.call_id,
            state=rows.State.QUEUED,
            to=wanted.wish.to,
            order=wanted.order.model_dump(mode="json", exclude_defaults=True),
            key_id=wanted.wish.key.id if wanted.wish.key is not None else None,
            identity=orders.identity(wanted.wish.call_id),
            ringing_timeout_s=wanted.ringing_timeout_s,
            due_at=wanted.order.scheduled_at or now,
        )
        if wanted.order.scheduled_at is not None or not is_free:
            return dial
        # Everything was asked in this very transaction: asking again at a claim of its own would tell nothing new.
        return dataclasses.replace(
            dial,
            state=rows.State.CLAIMED,
            generation=1,
            claimed_by=self._claimant.name,
            claimed_until=self._claimant.until(now),
        )


def _intake(call: calls.Call, to: str) -> contract.CallIntake:
    return contract.CallIntake(
        room_name=call.room_name,
        direction=call.direction,
        caller=call.caller,
        dialed=to,
        trunk_id=None,
        rule_id=None,
        sip_call_id=None,
        job_id="",
        worker_id="",
        arrived_at=call.created_at,
    )

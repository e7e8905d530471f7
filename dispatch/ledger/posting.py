"""Posting: one fact through the transition, and its outcome into the store, inside the caller's transaction."""

from __future__ import annotations

import dataclasses
import json

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, contract, errors, events, ids, transitions, turns
from dispatch import gate
from dispatch.contacts import following
from dispatch.ledger import changes, unfinished
from dispatch.reports import scheduling
from dispatch.store import calls as call_rows
from dispatch.store import events as event_rows
from dispatch.store import late as late_rows
from dispatch.store import outbox
from dispatch.store import turns as turn_rows


async def open_call(
    tx: sa_async.AsyncConnection,
    entry: call_rows.Entry,
    intake: contract.CallIntake,
    arrived: transitions.Arrived,
) -> changes.Change:
    """Bring a call into being with its first event."""
    call, effects = transitions.transition(entry.call, arrived)
    await call_rows.insert(tx, dataclasses.replace(entry, call=call), intake)
    await _keep_events(tx, call, effects)
    return changes.Change(before=None, after=call, fact=arrived, effects=effects)


async def post(tx: sa_async.AsyncConnection, entry: call_rows.Entry, fact: transitions.Fact) -> changes.Outcome:
    """Take a fact into a call whose row this transaction holds. One that comes after the end is only kept.

    What the call was to be connected with is wound up before it ends.

    Raises:
        IllegalTransition: the call's state does not allow it; nothing was written.
    """
    if not isinstance(fact, transitions.Ended) or entry.call.is_over:
        return await _post(tx, entry, fact)
    effects: tuple[transitions.Effect, ...] = ()
    ending = entry
    for noted in await unfinished.wind_up(tx, entry.call.id, fact):
        change = await _post(tx, ending, noted)
        if isinstance(change, changes.Change):
            ending = dataclasses.replace(ending, call=change.after)
            effects = (*effects, *change.effects)
    ended = await _post(tx, ending, fact)
    if isinstance(ended, changes.Ignored):
        return ended
    return dataclasses.replace(ended, before=entry.call, effects=(*effects, *ended.effects))


async def _post(tx: sa_async.AsyncConnection, entry: call_rows.Entry, fact: transitions.Fact) -> changes.Outcome:
    call, effects = transitions.transition(entry.call, fact)
    if any(isinstance(effect, transitions.KeepLate) for effect in effects):
        return await keep_late(tx, _late(call, fact))
    await call_rows.update(tx, entry, dataclasses.replace(entry, call=call))
    await _keep_events(tx, call, effects)
    await following.follow(tx, entry.call, call, fact.at)
    await scheduling.follow(tx, entry.call, call, fact.at)
    if call.is_over and not entry.call.is_over:
        await gate.release(tx, call.id, call.ended_at or fact.at, (call.duration_s or 0) / 60)
    return changes.Change(before=entry.call, after=call, fact=fact, effects=effects)


async def post_turn(tx: sa_async.AsyncConnection, entry: call_rows.Entry, turn: turns.Turn) -> changes.Change:
    """Take a turn into a call whose row this transaction holds. What was said before an inferred end belongs to it.

    Raises:
        IllegalTransition: nobody can have spoken, because the call is not in progress.
    """
    if entry.call.status is not calls.Status.IN_PROGRESS and not entry.call.end_is_inferred:
        raise errors.IllegalTransition(f"A turn does not fit a call that is {entry.call.status}")
    call, fact = entry.call, None
    if turn.role is turns.Role.USER:
        fact = transitions.UserSpoke(at=turn.at)
        call, _ = transitions.transition(entry.call, fact)
        await call_rows.update(tx, entry, dataclasses.replace(entry, call=call))
        await following.follow(tx, entry.call, call, turn.at)
    await turn_rows.append(tx, call.id, turn)
    return changes.Change(before=entry.call, after=call, fact=fact, turn=turn)


async def keep_late(tx: sa_async.AsyncConnection, late: late_rows.LateFact) -> changes.Ignored:
    """Keep a fact that has no effect."""
    await late_rows.insert(tx, late)
    return changes.Ignored(late=late)


async def _keep_events(tx: sa_async.AsyncConnection, call: calls.Call, effects: tuple[transitions.Effect, ...]) -> None:
    records = [effect for effect in effects if isinstance(effect, transitions.Record)]
    for sequence, record in enumerate(records, start=call.sequence - len(records) + 1):
        event = events.Event(
            id=ids.new(ids.EVENT, record.at),
            call_id=call.id,
            sequence=sequence,
            type=record.type,
            at=record.at,
            data=record.data,
        )
        await event_rows.insert(tx, event)
        await outbox.add(tx, call.id, sequence, call.status)


def _late(call: calls.Call, fact: transitions.Fact) -> late_rows.LateFact:
    body = {"kind": type(fact).__name__, **dataclasses.asdict(fact)}
    return late_rows.LateFact(
        room_name=call.room_name,
        call_id=call.id,
        at=fact.at,
        why=late_rows.Why.ENDED,
        fact=json.dumps(body, default=str),
    )

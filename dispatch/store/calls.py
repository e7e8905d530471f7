"""Rows of calls."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, contract, endings, errors, outcomes
from dispatch.store import briefs, readable, tables

_T = tables.calls
COLUMNS = tuple(column for column in _T.c if column.name not in {"intake", "plan", "pre_call_until"})
"""What `to_call` needs. Intake and plan are long, and of no use to those who only follow a call."""
_OF_ID = sa.select(*COLUMNS).where(_T.c.id == sa.bindparam("name"))
# With `key_share`, those who only write rows that refer to the call (events, deliveries) need not wait.
_OF_ID_LOCKED = _OF_ID.with_for_update(key_share=True)
_OF_ROOM_LOCKED = sa.select(*COLUMNS).where(_T.c.room_name == sa.bindparam("name")).with_for_update(key_share=True)

_log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Holder:
    """The job that holds a call. A higher generation fences a lower one."""

    worker_id: str
    job_id: str
    generation: int

    def fences(self, job_id: str, generation: int) -> bool:
        """Whether such a job may not speak for the call: it is of a lower generation, or another one of the same."""
        return generation < self.generation or (generation == self.generation and job_id != self.job_id)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """A call with what dispatch keeps beside it."""

    call: calls.Call
    holder: Holder
    leg_left_at: dt.datetime | None = None
    """When LiveKit said that the leg of the person that the call is with had left."""
    leg_left_reason: str | None = None
    """LiveKit's disconnect reason of that leg, such as `CLIENT_INITIATED`."""
    hangup_requested_at: dt.datetime | None = None
    """When an operator asked for the end; the call ends by their hand, whoever reports it."""


class NoSuchCall(errors.NotFound):
    """There is no such call."""


class Unreadable(errors.Conflict):
    """This call was written by another version of Trunkline."""

    public_code = "unreadable_call"


async def insert(tx: sa_async.AsyncConnection, entry: Entry, intake: contract.CallIntake) -> None:
    await tx.execute(sa.insert(_T), _values(entry) | briefs.intake_values(intake))


async def update(tx: sa_async.AsyncConnection, before: Entry, after: Entry) -> None:
    """Write what differs; the caller holds the row as `before`."""
    old, new = _values(before), _values(after)
    changed = {name: value for name, value in new.items() if value != old[name]}
    if changed:
        await tx.execute(sa.update(_T).where(_T.c.id == before.call.id).values(changed))


async def get(tx: sa_async.AsyncConnection, call_id: str) -> Entry:
    """A call by its id.

    Raises:
        NoSuchCall: there is none.
        Unreadable: another version wrote it.
    """
    return _known(await _one(tx, _OF_ID, call_id))


async def get_for_update(tx: sa_async.AsyncConnection, call_id: str) -> Entry:
    """A call that no other transaction changes until this one is over.

    Raises:
        NoSuchCall: there is none.
        Unreadable: another version wrote it.
    """
    return _known(await _one(tx, _OF_ID_LOCKED, call_id))


async def find_room_for_update(tx: sa_async.AsyncConnection, room_name: str) -> Entry | None:
    """As `get_for_update`, by the room; None where no call of that room was ever announced.

    Raises:
        Unreadable: another version wrote it.
    """
    return await _one(tx, _OF_ROOM_LOCKED, room_name)


async def find_id(tx: sa_async.AsyncConnection, room_name: str) -> str | None:
    """The id of the call of a room; None where no call of it was ever announced."""
    return (await tx.execute(sa.select(_T.c.id).where(_T.c.room_name == room_name))).scalar_one_or_none()


async def live(tx: sa_async.AsyncConnection) -> tuple[Entry, ...]:
    """Every call that has not ended, oldest first."""
    rows = await tx.execute(sa.select(*COLUMNS).where(_T.c.status != calls.Status.ENDED.value).order_by(_T.c.id))
    return readable.only(rows, _entry, "calls")


async def count_live(tx: sa_async.AsyncConnection) -> int:
    """How many calls have not ended."""
    query = sa.select(sa.func.count()).select_from(_T).where(_T.c.status != calls.Status.ENDED.value)
    return (await tx.execute(query)).scalar_one()


async def statuses(tx: sa_async.AsyncConnection, rooms: Collection[str]) -> dict[str, calls.Status]:
    """The status of the call in each of these rooms; a room without a call is left out."""
    rows = await tx.execute(sa.select(_T.c.room_name, _T.c.status).where(_T.c.room_name.in_(rooms)))
    return dict(readable.only(rows, lambda row: (row.room_name, calls.Status(row.status)), "calls"))


async def _one(tx: sa_async.AsyncConnection, query: sa.Select[Any], name: str) -> Entry | None:
    row = (await tx.execute(query, {"name": name})).one_or_none()
    try:
        return _entry(row) if row is not None else None
    except ValueError as error:
        _log.warning("a call cannot be read", call_id=row.id if row else None, error=type(error).__name__)
        raise Unreadable from error


def _known(entry: Entry | None) -> Entry:
    if entry is None:
        raise NoSuchCall
    return entry


def _values(entry: Entry) -> dict[str, object]:
    call = entry.call
    end = call.termination
    return {
        "id": call.id,
        "room_name": call.room_name,
        "direction": call.direction.value,
        "status": call.status.value,
        "caller": call.caller,
        "dialed": call.dialed,
        "created_at": call.created_at,
        "caller_id": call.caller_id.value,
        "forwarded_from": call.forwarded_from,
        "action": call.action.value if call.action else None,
        "ring_back": call.ring_back,
        "metadata": dict(call.metadata),
        "contact_id": call.contact_id,
        "wants_no_calls": call.wants_no_calls,
        "agent_id": call.agent_id,
        "agent_version": call.agent_version,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "duration_s": call.duration_s,
        "end_reason": end.reason.value if end else None,
        "ended_by": end.ended_by.value if end else None,
        "sip_status_code": end.sip_status_code if end else None,
        "sip_status": end.sip_status if end else None,
        "outcome": call.outcome.value if call.outcome else None,
        "end_is_inferred": call.end_is_inferred,
        "user_turns": call.user_turns,
        "sequence": call.sequence,
        "worker_id": entry.holder.worker_id,
        "job_id": entry.holder.job_id,
        "generation": entry.holder.generation,
        "leg_left_at": entry.leg_left_at,
        "leg_left_reason": entry.leg_left_reason,
        "hangup_requested_at": entry.hangup_requested_at,
    }


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        call=to_call(row),
        holder=Holder(worker_id=row.worker_id, job_id=row.job_id, generation=row.generation),
        leg_left_at=row.leg_left_at,
        leg_left_reason=row.leg_left_reason,
        hangup_requested_at=row.hangup_requested_at,
    )


def to_call(row: sa.Row[Any]) -> calls.Call:
    """The call of a row of `tables.calls`.

    Raises:
        ValueError: it has words that this version does not know.
    """
    termination = None
    if row.end_reason is not None:
        termination = endings.Termination(
            reason=endings.Reason(row.end_reason),
            ended_by=endings.EndedBy(row.ended_by),
            sip_status_code=row.sip_status_code,
            sip_status=row.sip_status,
        )
    return calls.Call(
        id=row.id,
        direction=calls.Direction(row.direction),
        status=calls.Status(row.status),
        room_name=row.room_name,
        caller=row.caller,
        dialed=row.dialed,
        created_at=row.created_at,
        caller_id=calls.CallerId(row.caller_id),
        forwarded_from=row.forwarded_from,
        action=calls.Action(row.action) if row.action else None,
        ring_back=row.ring_back,
        metadata=row.metadata,
        contact_id=row.contact_id,
        wants_no_calls=row.wants_no_calls,
        agent_id=row.agent_id,
        agent_version=row.agent_version,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        duration_s=row.duration_s,
        termination=termination,
        outcome=outcomes.Outcome(row.outcome) if row.outcome else None,
        end_is_inferred=row.end_is_inferred,
        user_turns=row.user_turns,
        sequence=row.sequence,
    )

"""Admission: a job announces its call, and becomes the one that holds it."""

from __future__ import annotations

import dataclasses
import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import callers, calls, contract, errors, forwarding, ids, numbers, transitions
from dispatch import contacts
from dispatch.contacts import ensuring
from dispatch.ledger import changes, hops, posting
from dispatch.store import briefs
from dispatch.store import calls as call_rows


class Fenced(errors.Conflict):
    """Another job holds this call."""

    public_code = "fenced"


class CallOver(errors.Conflict):
    """This call has ended."""

    public_code = "call_over"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Admission:
    """A call that its job may go on with."""

    entry: call_rows.Entry
    plan: contract.Plan | None
    """What its job is to do; None while that is not decided."""
    changes: tuple[changes.Change, ...] = ()


async def admit(
    tx: sa_async.AsyncConnection, intake: contract.CallIntake, plan: contract.Plan | None, region: str | None
) -> Admission:
    """Open the call of a room, or find it; saying it twice is harmless.

    A job of a higher generation takes the call over. `plan` is kept only where none was before. A bare national number
    is one of `region` (ISO 3166).

    Raises:
        Fenced: the call is held by a job of a higher generation, or by another one of the same.
        CallOver: the call has ended already.
    """
    entry = await call_rows.find_room_for_update(tx, intake.room_name)
    if entry is None:
        return await _open(tx, intake, plan, region)
    if entry.call.is_over:
        raise CallOver
    if entry.holder.fences(intake.job_id, intake.generation):
        raise Fenced
    current = dataclasses.replace(entry, holder=_holder(intake))
    if current != entry:
        await call_rows.update(tx, entry, current)
        await briefs.put_intake(tx, entry.call.id, await hops.counted(tx, intake, entry.call.dialed, entry.call.id))
    return Admission(entry=current, plan=await decide(tx, entry.call.id, plan))


async def decide(tx: sa_async.AsyncConnection, call_id: str, plan: contract.Plan | None) -> contract.Plan | None:
    """The plan of a call: the one that is kept, or else this one, which is kept from now on."""
    kept = (await briefs.get(tx, call_id)).plan
    if kept is None and plan is not None:
        await briefs.put_plan(tx, call_id, plan)
    return kept or plan


async def _open(
    tx: sa_async.AsyncConnection, intake: contract.CallIntake, plan: contract.Plan | None, region: str | None
) -> Admission:
    inbound = intake.direction is not calls.Direction.OUTBOUND
    caller, dialed = callers.classify(intake.caller, region), _e164(intake.dialed, region)
    intake = await hops.counted(tx, intake, dialed)
    call = calls.Call(
        id=ids.new(ids.CALL, intake.arrived_at),
        direction=intake.direction,
        status=calls.Status.RINGING if inbound else calls.Status.QUEUED,
        room_name=intake.room_name,
        caller=caller.number,
        caller_id=caller.caller_id if inbound else calls.CallerId.KNOWN,
        dialed=dialed,
        forwarded_from=forwarding.e164(intake.forwarded_from, dialed=dialed, region=region),
        created_at=intake.arrived_at.astimezone(dt.UTC),
    )
    person = ensuring.person(call)
    if person is not None:
        call = dataclasses.replace(call, contact_id=await contacts.ensure(tx, person, call.created_at))
    entry = call_rows.Entry(call=call, holder=_holder(intake))
    change = await posting.open_call(tx, entry, intake, transitions.Arrived(at=call.created_at))
    if plan is not None:
        await briefs.put_plan(tx, call.id, plan)
    return Admission(entry=dataclasses.replace(entry, call=change.after), plan=plan, changes=(change,))


def _holder(intake: contract.CallIntake) -> call_rows.Holder:
    return call_rows.Holder(worker_id=intake.worker_id, job_id=intake.job_id, generation=intake.generation)


def _e164(raw: str | None, region: str | None) -> str | None:
    try:
        return numbers.from_sip(raw, region=region) if raw else None
    except errors.InvalidNumber:
        return None

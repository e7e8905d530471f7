"""One line of a worker's spool becomes a fact of the ledger."""

from __future__ import annotations

import dataclasses

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, contract, endings, errors, transitions, turns
from dispatch.contacts import following
from dispatch.ledger import admission, changes, posting
from dispatch.store import calls as call_rows
from dispatch.store import late as late_rows
from dispatch.store import usage as usage_rows

_Record = (
    contract.RoutedRecord
    | contract.RingingRecord
    | contract.AnsweredRecord
    | contract.TurnRecord
    | contract.DoNotCallRecord
    | contract.NotedRecord
    | contract.EndedRecord
)


async def take(
    tx: sa_async.AsyncConnection, line: contract.SpoolLine, region: str | None
) -> tuple[changes.Outcome, ...]:
    """Take one line. A record that does not fit the call is kept without effect and stops nothing."""
    try:
        if isinstance(line.record, contract.ArrivedRecord):
            return await _arrive(tx, line, line.record, region)
        return (await _take(tx, line, line.record),)
    except call_rows.Unreadable:
        return (await _keep(tx, line, None, late_rows.Why.UNREADABLE),)


async def _take(
    tx: sa_async.AsyncConnection, line: contract.SpoolLine, record: _Record | contract.UsageRecord
) -> changes.Outcome:
    entry = await call_rows.find_room_for_update(tx, line.room_name)
    if entry is None:
        return await _keep(tx, line, None, late_rows.Why.UNKNOWN_CALL)
    if entry.holder.fences(line.job_id, line.generation):
        # The story of a job that was replaced is not the story of the call.
        return await _keep(tx, line, entry, late_rows.Why.FENCED)
    if isinstance(record, contract.UsageRecord):
        # It moves nothing, and was used, whenever the call ended and whoever said so.
        await usage_rows.put(tx, entry.call.id, line.job_id, record.usage)
        return changes.Change(before=entry.call, after=entry.call)
    if entry.call.is_over and not entry.call.end_is_inferred:
        return await _keep(tx, line, entry, late_rows.Why.ENDED)
    entry = await _hold(tx, entry, line)
    if _is_known(entry.call, record):
        return changes.Change(before=entry.call, after=entry.call)
    try:
        return await _post(tx, entry, line, record)
    except errors.IllegalTransition:
        return await _keep(tx, line, entry, late_rows.Why.ILLEGAL)


def _is_known(call: calls.Call, record: _Record) -> bool:
    """Whether this is what dispatch has seen itself: a phone that we dialed rings, or was picked up."""
    if call.direction is not calls.Direction.OUTBOUND:
        return False
    match record:
        case contract.AnsweredRecord():
            return call.status is calls.Status.IN_PROGRESS
        case contract.RingingRecord():
            return call.status in (calls.Status.RINGING, calls.Status.IN_PROGRESS)
        case _:
            return False


async def _hold(tx: sa_async.AsyncConnection, entry: call_rows.Entry, line: contract.SpoolLine) -> call_rows.Entry:
    """The call in the hands of the job that reports."""
    if line.job_id == entry.holder.job_id:
        return entry
    # Its announcement, which would name the worker as well, did not come.
    holder = dataclasses.replace(entry.holder, job_id=line.job_id, generation=line.generation)
    taken_over = dataclasses.replace(entry, holder=holder)
    await call_rows.update(tx, entry, taken_over)
    return taken_over


async def _arrive(
    tx: sa_async.AsyncConnection, line: contract.SpoolLine, record: contract.ArrivedRecord, region: str | None
) -> tuple[changes.Outcome, ...]:
    try:
        return (await admission.admit(tx, record.intake, None, region)).changes
    except admission.Fenced:
        why = late_rows.Why.FENCED
    except admission.CallOver:
        why = late_rows.Why.ENDED
    return (await _keep(tx, line, await call_rows.find_room_for_update(tx, record.intake.room_name), why),)


async def _post(
    tx: sa_async.AsyncConnection, entry: call_rows.Entry, line: contract.SpoolLine, record: _Record
) -> changes.Outcome:
    match record:
        case contract.TurnRecord():
            return await posting.post_turn(tx, entry, _turn(record, line))
        case contract.RoutedRecord():
            routed = transitions.Routed(
                at=line.at,
                agent_id=record.agent_id,
                agent_version=record.agent_version,
                decided_by=record.decided_by,
                action=calls.Action(record.action),
                ring_back=record.ring_back,
                metadata=record.metadata,
            )
            return await posting.post(tx, entry, routed)
        case contract.RingingRecord():
            return await posting.post(tx, entry, transitions.Ringing(at=line.at))
        case contract.DoNotCallRecord():
            return await posting.post(tx, entry, transitions.AskedNotToBeCalled(at=line.at))
        case contract.AnsweredRecord():
            return await posting.post(tx, entry, transitions.Answered(at=line.at, ringing_ms=record.ringing_ms))
        case contract.NotedRecord():
            noted = transitions.Noted(at=line.at, type=record.type, data=record.data)
            return await posting.post(tx, entry, noted)
        case contract.EndedRecord():
            return await posting.post(tx, entry, _ended(entry, record, line))


def _turn(record: contract.TurnRecord, line: contract.SpoolLine) -> turns.Turn:
    return turns.Turn(
        role=record.role,
        message=record.message,
        at=line.at,
        interrupted=record.interrupted,
        timings=turns.Timings(
            transcription_delay_s=record.transcription_delay_s,
            end_of_turn_delay_s=record.end_of_turn_delay_s,
            llm_first_token_s=record.llm_first_token_s,
            tts_first_audio_s=record.tts_first_audio_s,
            reply_delay_s=record.reply_delay_s,
        ),
    )


def _ended(
    entry: call_rows.Entry, record: contract.EndedRecord, line: contract.SpoolLine
) -> transitions.Ended | transitions.Corrected:
    reason, ended_by = record.reason, record.ended_by
    if entry.hangup_requested_at is not None:
        # The job saw its room go and cannot know that an operator took it away.
        reason, ended_by = endings.Reason.OPERATOR_HANGUP, endings.EndedBy.OPERATOR
    termination = endings.Termination(
        reason=reason, ended_by=ended_by, sip_status_code=record.sip_status_code, sip_status=record.sip_status
    )
    fact = transitions.Corrected if entry.call.end_is_inferred else transitions.Ended
    return fact(at=line.at, termination=termination, duration_s=record.duration_s)


async def _keep(
    tx: sa_async.AsyncConnection, line: contract.SpoolLine, entry: call_rows.Entry | None, why: late_rows.Why
) -> changes.Ignored:
    if entry is not None and isinstance(line.record, contract.DoNotCallRecord):
        await following.heed(tx, entry.call, line.at)  # a person's wish counts, whoever tells of it and when
    late = late_rows.LateFact(
        room_name=line.room_name,
        call_id=entry.call.id if entry else None,
        at=line.at,
        why=why,
        fact=line.record.model_dump_json(),
    )
    return await posting.keep_late(tx, late)

"""Makes the report of what is known. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from callcore import contract, transfers, turns
from dispatch.reports import materials, shapes
from dispatch.store import recordings

_MOST_TURNS = 1000
_MOST_TEXT = 200_000  # bytes of UTF-8, of all turns; receivers refuse bodies of megabytes


def report(of: materials.Materials, now: dt.datetime) -> shapes.Report:
    """The report of a call that is over."""
    call, beside = of.call, of.beside
    transcript = last(of.transcript)
    return shapes.Report(
        report_id=of.report_id,
        timestamp=now,
        call_id=call.id,
        session_id=call.id,
        direction=call.direction,
        action=call.action,
        agent_id=call.agent_id,
        agent_version=call.agent_version,
        contact_id=call.contact_id,
        contact_status=of.contact_status,
        from_=call.caller,
        to=beside.dial.to if beside.dial else call.dialed,
        dialed_number=call.dialed,
        forwarded_from_number=call.forwarded_from,
        ring_back=call.ring_back,
        created_at=call.created_at,
        scheduled_at=beside.dial.due_at if beside.dial and beside.dial.is_scheduled else None,
        answered_at=call.answered_at,
        ended_at=of.ended_at,
        durations=_durations(of),
        termination=_termination(of),
        end_is_inferred=call.end_is_inferred,
        outcome=of.outcome,
        transcript=tuple(turn(said) for said in transcript),
        transcript_omitted=len(of.transcript) - len(transcript),
        summary=None,
        structured_data=None,
        cost=None,
        scheduled_callback=None,
        usage=tuple(_usage(used) for used in of.usage),
        transfers=tuple(_transfer(transfer) for transfer in beside.transfers),
        artifacts=_artifacts(call.id, beside.voicemail),
        metadata=dict(call.metadata),
    )


def last(transcript: Sequence[turns.Turn]) -> Sequence[turns.Turn]:
    """As many of the last turns as a body has room for."""
    room, first = _MOST_TEXT, len(transcript)
    for said in reversed(transcript[-_MOST_TURNS:]):
        room -= len(said.message.encode())
        if room < 0:
            break
        first -= 1
    return transcript[first:]


def turn(said: turns.Turn) -> shapes.ReportTurn:
    return shapes.ReportTurn(role=said.role, message=said.message, timestamp=said.at, interrupted=said.interrupted)


def _durations(of: materials.Materials) -> shapes.Durations:
    return shapes.Durations(
        ringing_seconds=_between(of.rang_at, of.call.answered_at or of.ended_at),
        talk_seconds=of.call.duration_s,
        total_seconds=_between(of.began_at, of.ended_at),
    )


def _between(start: dt.datetime | None, end: dt.datetime) -> float | None:
    # Two machines may have told of the two, and their clocks differ.
    return None if start is None else max(0.0, (end - start).total_seconds())


def _termination(of: materials.Materials) -> shapes.ReportTermination:
    end = of.termination
    return shapes.ReportTermination(
        result=end.result,
        reason=end.reason,
        sip_status_code=end.sip_status_code,
        sip_status=end.sip_status,
        ended_by=end.ended_by,
    )


def _usage(used: contract.ProviderUsage) -> shapes.Usage:
    return shapes.Usage(
        part=used.part,
        provider=used.provider,
        model=used.model,
        requests=used.requests,
        audio_seconds=used.audio_s,
        characters=used.characters,
        input_tokens=used.input_tokens,
        cached_input_tokens=used.cached_input_tokens,
        output_tokens=used.output_tokens,
    )


def _transfer(transfer: transfers.Transfer) -> shapes.ReportTransfer:
    return shapes.ReportTransfer(
        id=transfer.id,
        kind=transfer.kind,
        state=transfer.state,
        requested_by=transfer.requested_by,
        attempts=tuple(_attempt(attempt) for attempt in transfer.attempts),
        fallback=transfer.wish.fallback if transfer.wish is not None else None,
        created_at=transfer.created_at,
        bridged_at=transfer.bridged_at,
    )


def _attempt(attempt: transfers.Attempt) -> shapes.ReportAttempt:
    return shapes.ReportAttempt(
        to=attempt.to,
        label=attempt.label,
        method=attempt.method,
        result=attempt.result,
        sip_status_code=attempt.sip_status_code,
        seconds=attempt.seconds,
    )


def _artifacts(call_id: str, message: recordings.Recording | None) -> shapes.Artifacts:
    voicemail = None
    if message is not None:
        voicemail = shapes.ReportVoicemail(
            url=f"/v1/calls/{call_id}/voicemail",
            duration_seconds=message.duration_s,
            recorded_at=message.recorded_at,
        )
    return shapes.Artifacts(transcript_url=f"/v1/calls/{call_id}/transcript", recording_url=None, voicemail=voicemail)

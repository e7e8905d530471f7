"""Calls as a worker would report them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from callcore import calls, contract, endings, turns
from tests.unit.dispatch import doubles

START = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
ROOM = f"call_{doubles.DIALED}_x7"
CALLER = "+12015550123"


def intake(room: str = ROOM, *, job: str = "AJ_1", generation: int = 1, **changes: object) -> contract.CallIntake:
    fields: dict[str, object] = {
        "room_name": room,
        "direction": calls.Direction.INBOUND,
        "caller": CALLER,
        "dialed": doubles.DIALED,
        "trunk_id": doubles.TRUNK,
        "rule_id": doubles.RULE,
        "sip_call_id": "abc@127.0.0.1",
        "job_id": job,
        "worker_id": "AW_1",
        "generation": generation,
        "arrived_at": START,
    }
    return contract.CallIntake.model_validate(fields | changes)


def arrived(room: str = ROOM, **changes: object) -> contract.ArrivedRecord:
    return contract.ArrivedRecord(intake=intake(room, **changes))  # type: ignore[arg-type]  # names of other fields


ROUTED = contract.RoutedRecord(agent_id="front-desk", agent_version="v1", decided_by="dispatch")
ANSWERED = contract.AnsweredRecord(ringing_ms=480)
ENDED = contract.EndedRecord(reason=endings.Reason.CALLER_HANGUP, ended_by=endings.EndedBy.CALLER, duration_s=12.5)


def said(message: str, role: turns.Role = turns.Role.USER, **timings: float) -> contract.TurnRecord:
    return contract.TurnRecord(role=role, message=message, **timings)


def whole_call() -> tuple[contract.Record, ...]:
    return (
        arrived(),
        ROUTED,
        ANSWERED,
        said("Thanks for calling Acme.", turns.Role.AGENT, tts_first_audio_s=0.2),
        said("When are you open?", transcription_delay_s=0.1),
        said("Nine to five.", turns.Role.AGENT, reply_delay_s=0.8),
        ENDED,
    )


def batch(
    records: Iterable[contract.Record],
    *,
    first: int = 1,
    spool: str = "spool_1",
    room: str = ROOM,
    job: str = "AJ_1",
    generation: int = 1,
) -> contract.SpoolBatch:
    """These records as consecutive lines, a second apart."""
    lines = tuple(
        contract.SpoolLine(
            line=line,
            room_name=room,
            job_id=job,
            generation=generation,
            at=START + dt.timedelta(seconds=line),
            record=record,
        )
        for line, record in enumerate(records, start=first)
    )
    return contract.SpoolBatch(spool_id=spool, lines=lines)


def report(*rooms: str, worker: str = "AW_1", accepting: bool = True) -> contract.WorkerReport:
    return contract.WorkerReport(
        worker_id=worker, version="0.1.0", calls=len(rooms), max_calls=8, accepting=accepting, rooms=rooms
    )

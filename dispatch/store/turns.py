"""Rows of turns. A turn's position, from 1, is the order in which the ledger took it."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import turns
from dispatch.store import readable, tables

_T = tables.turns


@dataclasses.dataclass(frozen=True, kw_only=True)
class Placed:
    """A turn at its place in the transcript."""

    position: int
    turn: turns.Turn


async def append(tx: sa_async.AsyncConnection, call_id: str, turn: turns.Turn) -> None:
    """Put a turn at the end of a call's transcript; the caller holds the call's row."""
    last = sa.select(sa.func.coalesce(sa.func.max(_T.c.position), 0)).where(_T.c.call_id == call_id)
    await tx.execute(
        sa.insert(_T).values(
            call_id=call_id,
            position=last.scalar_subquery() + 1,
            role=turn.role.value,
            message=turn.message,
            at=turn.at,
            interrupted=turn.interrupted,
            **dataclasses.asdict(turn.timings),
        )
    )


async def of_call(tx: sa_async.AsyncConnection, call_id: str, *, after: int = 0) -> tuple[Placed, ...]:
    """A call's turns in order, those behind position `after`."""
    rows = await tx.execute(sa.select(_T).where(_T.c.call_id == call_id, _T.c.position > after).order_by(_T.c.position))
    return readable.only(rows, _placed, "turns")


def _placed(row: sa.Row[Any]) -> Placed:
    timings = turns.Timings(
        transcription_delay_s=row.transcription_delay_s,
        end_of_turn_delay_s=row.end_of_turn_delay_s,
        llm_first_token_s=row.llm_first_token_s,
        tts_first_audio_s=row.tts_first_audio_s,
        reply_delay_s=row.reply_delay_s,
    )
    turn = turns.Turn(
        role=turns.Role(row.role), message=row.message, at=row.at, interrupted=row.interrupted, timings=timings
    )
    return Placed(position=row.position, turn=turn)

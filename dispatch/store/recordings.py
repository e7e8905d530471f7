"""Rows of recordings: which sound is kept of a call, and where."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import contract
from dispatch.store import readable, tables

_T = tables.recordings


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recording:
    """One recording of a call; of each kind there is one at most."""

    call_id: str
    kind: contract.AudioKind
    file: str
    """Where it is, below the folder of all recordings."""
    size: int
    """Bytes."""
    duration_s: float
    recorded_at: dt.datetime


async def put(tx: sa_async.AsyncConnection, recording: Recording) -> None:
    """Keep a recording in place of the call's former one of that kind."""
    key = (_T.c.call_id == recording.call_id) & (_T.c.kind == recording.kind.value)
    values = dataclasses.asdict(recording) | {"kind": recording.kind.value}
    changed = await tx.execute(sa.update(_T).where(key).values(values))
    if changed.rowcount == 0:
        await tx.execute(sa.insert(_T).values(values))


async def of_calls(
    tx: sa_async.AsyncConnection, call_ids: Collection[str], kind: contract.AudioKind
) -> Mapping[str, Recording]:
    """The recordings of one kind, by call; a call without one is left out."""
    rows = await tx.execute(sa.select(_T).where(_T.c.call_id.in_(call_ids), _T.c.kind == kind.value))
    return {found.call_id: found for found in readable.only(rows, _recording, "recordings")}


def _recording(row: sa.Row[Any]) -> Recording:
    return Recording(
        call_id=row.call_id,
        kind=contract.AudioKind(row.kind),
        file=row.file,
        size=row.size,
        duration_s=row.duration_s,
        recorded_at=row.recorded_at,
    )

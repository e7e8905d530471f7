"""Rows of usage: what the jobs of a call used of their providers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import contract
from dispatch.store import readable, tables

_T = tables.usage
_AMOUNTS = (
    _T.c.requests,
    _T.c.audio_s,
    _T.c.characters,
    _T.c.input_tokens,
    _T.c.cached_input_tokens,
    _T.c.output_tokens,
)


async def put(tx: sa_async.AsyncConnection, call_id: str, job_id: str, usage: Iterable[contract.ProviderUsage]) -> None:
    """Keep what a job has used in all, in place of what it told before."""
    await tx.execute(sa.delete(_T).where(_T.c.call_id == call_id, _T.c.job_id == job_id))
    of_job = {"call_id": call_id, "job_id": job_id}
    rows = {(used.part, used.provider, used.model): used.model_dump(mode="json") | of_job for used in usage}
    if rows:
        await tx.execute(sa.insert(_T), list(rows.values()))


async def of_call(tx: sa_async.AsyncConnection, call_id: str) -> tuple[contract.ProviderUsage, ...]:
    """What a call used of each provider's model, over all of its jobs."""
    key = (_T.c.part, _T.c.provider, _T.c.model)
    sums = (sa.func.sum(column).label(column.name) for column in _AMOUNTS)
    rows = await tx.execute(sa.select(*key, *sums).where(_T.c.call_id == call_id).group_by(*key).order_by(*key))
    return readable.only(rows, _usage, "call_usage")


def _usage(row: sa.Row[Any]) -> contract.ProviderUsage:
    return contract.ProviderUsage(
        part=contract.Part(row.part),
        provider=row.provider,
        model=row.model,
        requests=row.requests,
        audio_s=row.audio_s,
        characters=row.characters,
        input_tokens=row.input_tokens,
        cached_input_tokens=row.cached_input_tokens,
        output_tokens=row.output_tokens,
    )

"""What each worker last said of itself."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import contract
from dispatch.store import readable, tables

_T = tables.workers
_SINCE = sa.select(_T).where(_T.c.reported_at >= sa.bindparam("moment")).order_by(_T.c.id)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Worker:
    """A worker's newest report."""

    report: contract.WorkerReport
    reported_at: dt.datetime


async def put(tx: sa_async.AsyncConnection, report: contract.WorkerReport, now: dt.datetime) -> None:
    """Keep a report in place of the worker's former one."""
    values = report.model_dump(mode="json", exclude={"worker_id"}) | {"reported_at": now}
    changed = await tx.execute(sa.update(_T).where(_T.c.id == report.worker_id).values(values))
    if changed.rowcount == 0:
        await tx.execute(sa.insert(_T).values(id=report.worker_id, **values))


async def reported_since(tx: sa_async.AsyncConnection, moment: dt.datetime) -> tuple[Worker, ...]:
    """The workers that have reported at `moment` or later."""
    rows = await tx.execute(_SINCE, {"moment": moment})
    return readable.only(rows, _worker, "workers")


def _worker(row: sa.Row[Any]) -> Worker:
    report = contract.WorkerReport(
        worker_id=row.id,
        version=row.version,
        calls=row.calls,
        max_calls=row.max_calls,
        accepting=row.accepting,
        rooms=tuple(row.rooms),
    )
    return Worker(report=report, reported_at=row.reported_at)


async def forget_before(tx: sa_async.AsyncConnection, moment: dt.datetime) -> None:
    await tx.execute(sa.delete(_T).where(_T.c.reported_at < moment))

"""Rows of attempts: every try to deliver a webhook, and what the endpoint answered."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import json_rows, tables

_T = tables.attempts


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One try."""

    delivery_id: str
    number: int
    """Counted from 1."""
    at: dt.datetime
    """When it began."""
    latency_s: float
    status_code: int | None
    """None where nothing was answered."""
    error: str | None
    """Class of what went wrong, such as `timeout`; None where it was taken."""
    response: str
    """The first kilobyte of the answer."""


async def insert(tx: sa_async.AsyncConnection, new: Sequence[Attempt]) -> None:
    """Keep attempts."""
    rows = [[getattr(one, name) for name in _KINDS] for one in new]
    await tx.execute(_INSERT[tx.dialect.name], json_rows.parameter(tx.dialect.name, rows))


async def of_deliveries(
    tx: sa_async.AsyncConnection, delivery_ids: Collection[str]
) -> Mapping[str, tuple[Attempt, ...]]:
    """The attempts of each delivery that has any, the first one first."""
    query = sa.select(_T).where(_T.c.delivery_id.in_(delivery_ids)).order_by(_T.c.delivery_id, _T.c.number)
    found: dict[str, tuple[Attempt, ...]] = {}
    for row in await tx.execute(query):
        found[row.delivery_id] = (*found.get(row.delivery_id, ()), _attempt(row))
    return found


def _attempt(row: sa.Row[Any]) -> Attempt:
    return Attempt(**dict(row._mapping))


_KINDS: dict[str, sa.types.TypeEngine[Any]] = {
    "delivery_id": sa.Text(),
    "number": sa.Integer(),
    "at": sa.DateTime(timezone=True),
    "latency_s": sa.Float(),
    "status_code": sa.Integer(),
    "error": sa.Text(),
    "response": sa.Text(),
}


def _insert(dialect: str) -> sa.Insert:
    given = json_rows.Rows(dialect)
    columns = (given.column(place, kind) for place, kind in enumerate(_KINDS.values()))
    return sa.insert(_T).from_select(list(_KINDS), sa.select(*columns).select_from(given.source))


_INSERT = {dialect: _insert(dialect) for dialect in json_rows.DIALECTS}

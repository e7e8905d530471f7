"""Rows of attempts: every try to deliver a webhook, and what the endpoint answered."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import tables

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
    if new:
        await tx.execute(sa.insert(_T), [{name: getattr(one, name) for name in _NAMES} for one in new])


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


_NAMES = tuple(column.name for column in _T.c)

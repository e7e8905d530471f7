"""What each trunk did when it was asked by REFER to take a caller over."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import readable, tables

_T = tables.refer_experiences


class Result(enum.StrEnum):
    """What came of one REFER, as far as it is about the trunk."""

    TAKEN = "taken"
    """The trunk accepted it; what the destination then said is another matter."""
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """It did not say how it went, and the caller stayed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experience:
    """All that is kept of a trunk."""

    trunk: str
    """Its name in the configuration."""
    taken: int = 0
    refused: int = 0
    unknown: int = 0
    last_result: Result
    last_sip_status_code: int | None
    last_at: dt.datetime
    refuses_since: dt.datetime | None = None
    """Since when it is taken to refuse REFER as such; None where it is not."""


async def find(tx: sa_async.AsyncConnection, trunk: str) -> Experience | None:
    """What is known of a trunk; None where it was never asked."""
    return readable.one((await tx.execute(_of(trunk))).one_or_none(), _experience, _T.name)


async def find_for_update(tx: sa_async.AsyncConnection, trunk: str) -> Experience | None:
    """As `find`, and nobody else changes it before the transaction is over."""
    return readable.one((await tx.execute(_of(trunk).with_for_update())).one_or_none(), _experience, _T.name)


async def every(tx: sa_async.AsyncConnection) -> Mapping[str, Experience]:
    """What is known, by trunk."""
    rows = await tx.execute(sa.select(_T))
    return {found.trunk: found for found in readable.only(rows, _experience, _T.name)}


async def put(tx: sa_async.AsyncConnection, experience: Experience) -> None:
    """Keep this in place of what was known of the trunk."""
    values = dataclasses.asdict(experience) | {"last_result": experience.last_result.value}
    insert = (sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert)(_T).values(values)
    await tx.execute(insert.on_conflict_do_update(index_elements=[_T.c.trunk], set_=values))


async def forget_refusals(tx: sa_async.AsyncConnection, trunks: Collection[str]) -> None:
    """Have these trunks be asked again, however they refused before."""
    await tx.execute(sa.update(_T).where(_T.c.trunk.in_(trunks)).values(refuses_since=None))


def _of(trunk: str) -> sa.Select[Any]:
    return sa.select(_T).where(_T.c.trunk == trunk)


def _experience(row: sa.Row[Any]) -> Experience:
    return Experience(
        trunk=row.trunk,
        taken=row.taken,
        refused=row.refused,
        unknown=row.unknown,
        last_result=Result(row.last_result),
        last_sip_status_code=row.last_sip_status_code,
        last_at=row.last_at,
        refuses_since=row.refuses_since,
    )

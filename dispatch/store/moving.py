"""Copies a whole store into another database, all of it or nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch.store import engine, migrating, tables

_ROWS = 500  # in one statement; the largest are turns and webhook bodies, of a few kilobytes

Told = Callable[[str, int, int], None]
"""Hears how it goes: the table, how many of its rows are copied, and how many there are."""


class TargetNotEmpty(errors.Conflict):
    """The database to move to has rows already."""

    public_code = "target_not_empty"


class SourceUnfit(errors.Conflict):
    """The database to move from cannot be moved as it is."""

    public_code = "source_unfit"


async def move(source: engine.Store, target: engine.Store, told: Told) -> Mapping[str, int]:
    """Copy every row; the source is only read. The caller holds the lock that keeps other processes from it.

    Args:
        source: of this version's schema.
        target: is brought to this version's schema, and must have no rows.
        told: see `Told`.

    Returns:
        How many rows each table has.

    Raises:
        DatabaseUnusable: the target cannot be used.
        SourceUnfit: the source is of another version, or what arrived is not what it has; nothing was moved.
        StoreUnavailable: one of the two does not answer; nothing was moved.
        TargetNotEmpty: nothing was moved.
    """
    await migrating.upgrade(target)
    if await migrating.revision(source) != await migrating.revision(target):
        raise SourceUnfit(
            f"The database {source.name} is not of this version: run `trunkline db upgrade` for it, or start dispatch "
            "with it once, and move it after that."
        )
    async with source.reading() as old, target.writing() as new:
        for table in tables.metadata.sorted_tables:
            if await _count(new, table):
                raise TargetNotEmpty(f"The database {target.name} has rows in {table.name}: it must be empty.")
        moved = {table.name: await _copy(old, new, table, told) for table in tables.metadata.sorted_tables}
        await _number_on(new)
    return moved


async def _copy(old: sa_async.AsyncConnection, new: sa_async.AsyncConnection, table: sa.Table, told: Told) -> int:
    total, done = await _count(old, table), 0
    async for part in _parts(old, table):
        await new.execute(sa.insert(table), part)
        done += len(part)
        told(table.name, done, total)
    arrived = await _count(new, table)
    if not total == done == arrived:
        raise SourceUnfit(f"{table.name} has {total} rows, and {arrived} arrived: nothing was moved.")
    return arrived


async def _parts(old: sa_async.AsyncConnection, table: sa.Table) -> AsyncIterator[list[dict[str, object]]]:
    """Every row, so many at once: a table may be larger than the memory, and the driver reads all it is asked for."""
    key = table.primary_key.columns
    query = sa.select(table).order_by(*key).limit(_ROWS)
    part = (await old.execute(query)).mappings().all()
    while part:
        yield [dict(row) for row in part]
        last = sa.tuple_(*(sa.literal(part[-1][column.name], column.type) for column in key))
        part = (await old.execute(query.where(sa.tuple_(*key) > last))).mappings().all()


async def _count(tx: sa_async.AsyncConnection, table: sa.Table) -> int:
    return (await tx.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()


async def _number_on(new: sa_async.AsyncConnection) -> None:
    """Have the database give numbers behind those that came along."""
    if new.dialect.name != "postgresql":
        return  # SQLite gives one more than the highest
    for table in tables.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            highest = sa.select(sa.func.max(column)).scalar_subquery()
            await new.execute(sa.select(sa.func.setval(sequence, sa.func.coalesce(highest, 1), highest.is_not(None))))

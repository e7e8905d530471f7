"""The database: its schema and its transactions, the same on SQLite and on Postgres."""

from __future__ import annotations

import asyncio
import pathlib
import re

import pytest
import sqlalchemy as sa
from alembic import autogenerate
from alembic.runtime import migration
from sqlalchemy.ext import asyncio as sa_async

from callcore import clock
from dispatch.ledger import ledger
from dispatch.store import engine, migrating, notices, tables
from dispatch.store.migrations import versions
from tests.unit.dispatch import doubles, samples

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]


async def test_the_migrations_make_exactly_the_tables_of_the_code(store: engine.Store) -> None:
    def differences(connection: sa.Connection) -> object:
        # Postgres is asked whether two defaults are equal, and cannot tell of JSON.
        opts = {"compare_type": True, "compare_server_default": connection.dialect.name == "sqlite"}
        context = migration.MigrationContext.configure(connection, opts=opts)
        return autogenerate.compare_metadata(context, tables.metadata)

    async with store.reading() as tx:
        assert await tx.run_sync(differences) == []


async def test_migrating_twice_changes_nothing(store: engine.Store) -> None:
    before = await migrating.revision(store)
    await migrating.upgrade(store)
    newest = max(path.name for path in pathlib.Path(versions.__file__).parent.glob("0*.py"))
    assert await migrating.revision(store) == before == newest.split("_")[0]


async def test_a_reader_sees_one_moment_and_a_failed_writer_leaves_nothing(store: engine.Store) -> None:
    async with store.reading() as reader:
        assert await _count(reader) == 0
        async with store.writing() as writer:
            assert await notices.is_new(writer, "EV_1", samples.START)
        assert await _count(reader) == 0
    with pytest.raises(sa.exc.IntegrityError):
        await _write_twice(store, "EV_2")
    async with store.reading() as reader:
        assert await _count(reader) == 1


async def test_two_stores_on_one_database_write_in_turn(store: engine.Store, database_url: str) -> None:
    other = engine.Store(database_url)
    try:

        async def write(into: engine.Store, name: str) -> None:
            for number in range(20):
                async with into.writing() as tx:
                    count = await _count(tx)
                    await notices.is_new(tx, f"{name}{number}", samples.START)
                    assert await _count(tx) == count + 1

        await asyncio.gather(write(store, "a"), write(other, "b"), write(store, "c"))
    finally:
        await other.close()
    async with store.reading() as tx:
        assert await _count(tx) == 60


async def test_a_row_is_changed_only_where_it_differs(store: engine.Store, manual_clock: clock.ManualClock) -> None:
    book = ledger.Ledger(store, manual_clock, doubles.NoAftermath(), region=lambda: None)
    await book.take(samples.batch([samples.arrived(), samples.ROUTED, samples.ANSWERED]))
    statements: list[str] = []

    @sa.event.listens_for(store._engine.sync_engine, "before_cursor_execute")
    def _listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(" ".join(statement.split()))

    await book.take(samples.batch([samples.said("Hello?")], first=4))
    of_calls = [statement for statement in statements if " calls" in statement]
    (update,) = [statement for statement in of_calls if statement.startswith("UPDATE")]
    assert re.fullmatch(r"UPDATE calls SET user_turns=\S+ WHERE calls.id = \S+", update)
    assert not any("intake" in statement or "plan" in statement for statement in of_calls)


async def test_errors_of_the_store_do_not_print_what_was_stored(store: engine.Store) -> None:
    with pytest.raises(sa.exc.IntegrityError) as caught:
        await _write_twice(store, "+12015550123")
    assert "2015550123" not in str(caught.value)


async def _count(tx: sa_async.AsyncConnection) -> int:
    return (await tx.execute(sa.select(sa.func.count()).select_from(tables.notices))).scalar_one()


async def _write_twice(store: engine.Store, notice_id: str) -> None:
    async with store.writing() as tx:
        for _ in range(2):
            await tx.execute(sa.insert(tables.notices).values(id=notice_id, received_at=samples.START))

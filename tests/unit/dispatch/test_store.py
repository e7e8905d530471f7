"""The database: its schema, its transactions, and one process per file."""

from __future__ import annotations

import asyncio
import pathlib

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

pytestmark = pytest.mark.unit


async def test_the_migrations_make_exactly_the_tables_of_the_code(store: engine.Store) -> None:
    def differences(connection: sa.Connection) -> object:
        context = migration.MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return autogenerate.compare_metadata(context, tables.metadata)

    async with store.reading() as tx:
        assert await tx.run_sync(differences) == []


async def test_migrating_twice_changes_nothing(store: engine.Store) -> None:
    before = await migrating.revision(store)
    await migrating.upgrade(store)
    newest = max(path.name for path in pathlib.Path(versions.__file__).parent.glob("0*.py"))
    assert await migrating.revision(store) == before == newest.split("_")[0]


async def test_what_is_committed_is_safe_and_readers_do_not_wait(tmp_path: pathlib.Path) -> None:
    as_made = engine.Store(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")  # the fixture's one does not wait for the disk
    async with as_made.reading() as tx:
        settings = [
            (await tx.execute(sa.text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    await as_made.close()
    assert settings == ["wal", 2, 1, 5000]


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


async def test_two_stores_on_one_file_write_in_turn(store: engine.Store, tmp_path: pathlib.Path) -> None:
    other = engine.Store(f"sqlite+aiosqlite:///{tmp_path / 'trunkline.db'}")
    try:

        async def write(into: engine.Store, name: str) -> None:
            for number in range(20):
                async with into.writing() as tx:
                    await notices.is_new(tx, f"{name}{number}", samples.START)

        await asyncio.gather(write(store, "a"), write(other, "b"), write(store, "c"))
    finally:
        await other.close()
    async with store.reading() as tx:
        assert await _count(tx) == 60


@pytest.mark.parametrize(
    ("break_it", "mend_it", "cause"),
    [
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF", "SQLITE_READONLY"),
        ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 100000", "SQLITE_FULL"),
    ],
)
async def test_a_store_that_cannot_be_written_says_why_once(
    store: engine.Store, capsys: pytest.CaptureFixture[str], break_it: str, mend_it: str, cause: str
) -> None:
    async def write() -> None:
        async with store.writing() as tx:
            for number in range(500):
                await tx.execute(sa.insert(tables.notices).values(id=f"{number:0100}", received_at=samples.START))
            await tx.execute(sa.delete(tables.notices))

    async def say(pragma: str) -> None:
        async with store.reading() as tx:
            await tx.execute(sa.text(pragma))

    await say(break_it)
    for _ in range(2):
        with pytest.raises(engine.StoreUnavailable):
            await write()
    said = capsys.readouterr().out
    assert said.count("the store does not work") == 1
    assert f"OperationalError {cause}" in said
    await say(mend_it)
    await write()
    assert "the store works again" in capsys.readouterr().out


async def test_a_row_is_changed_only_where_it_differs(store: engine.Store, manual_clock: clock.ManualClock) -> None:
    book = ledger.Ledger(store, manual_clock, doubles.NoAftermath(), region=lambda: None)
    await book.take(samples.batch([samples.arrived(), samples.ROUTED, samples.ANSWERED]))
    statements: list[str] = []

    @sa.event.listens_for(store._engine.sync_engine, "before_cursor_execute")
    def _listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(" ".join(statement.split()))

    await book.take(samples.batch([samples.said("Hello?")], first=4))
    of_calls = [statement for statement in statements if " calls" in statement]
    assert [statement for statement in of_calls if statement.startswith("UPDATE")] == [
        "UPDATE calls SET user_turns=? WHERE calls.id = ?"
    ]
    assert not any("intake" in statement or "plan" in statement for statement in of_calls)


async def test_errors_of_the_store_do_not_print_what_was_stored(store: engine.Store) -> None:
    with pytest.raises(sa.exc.IntegrityError) as caught:
        await _write_twice(store, "+12015550123")
    assert "2015550123" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite+aiosqlite:////var/lib/a.db", "/var/lib/a.db"),
        ("sqlite+aiosqlite:///a.db", "a.db"),
        ("sqlite+aiosqlite://", None),
        ("postgresql+asyncpg://u:p@h/d", None),
    ],
)
def test_the_file_of_a_database(url: str, file: str | None) -> None:
    assert engine.database_file(url) == (pathlib.Path(file) if file else None)


async def _count(tx: sa_async.AsyncConnection) -> int:
    return (await tx.execute(sa.select(sa.func.count()).select_from(tables.notices))).scalar_one()


async def _write_twice(store: engine.Store, notice_id: str) -> None:
    async with store.writing() as tx:
        for _ in range(2):
            await tx.execute(sa.insert(tables.notices).values(id=notice_id, received_at=samples.START))

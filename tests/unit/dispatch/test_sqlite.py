"""What only SQLite has: settings of its connections, and reasons of its own not to work."""

from __future__ import annotations

import pathlib

import pytest
import sqlalchemy as sa

from dispatch.store import engine, tables
from tests.unit.dispatch import samples

pytestmark = pytest.mark.unit


@pytest.fixture
def database_url(new_sqlite: str) -> str:
    return new_sqlite


async def test_what_is_committed_is_safe_and_readers_do_not_wait(tmp_path: pathlib.Path) -> None:
    as_made = engine.Store(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")  # the fixture's one does not wait for the disk
    async with as_made.reading() as tx:
        settings = [
            (await tx.execute(sa.text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    await as_made.close()
    assert settings == ["wal", 2, 1, 5000]


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


async def test_what_limits_count_is_read_from_an_index_alone(store: engine.Store) -> None:
    async with store.reading() as tx:
        plan = await tx.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT sum(minutes) FROM dial_reservations WHERE made_at > '2026' AND trunk = 'x'"
        )
        assert "COVERING INDEX ix_dial_reservations_counted" in str(plan.all())

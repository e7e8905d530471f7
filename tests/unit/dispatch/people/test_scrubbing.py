"""The store leaves nothing of what was deleted in its files."""

from __future__ import annotations

import pathlib

import pytest

from dispatch.store import engine, sqlite

pytestmark = pytest.mark.unit

SECRET = "swordfish"
PUT = "INSERT INTO leases VALUES ('swordfish', 'nobody', '2026-01-02 03:04:05')"


@pytest.fixture
def database_url(new_sqlite: str) -> str:
    return new_sqlite


async def leave_a_copy(store: engine.Store) -> None:
    """Delete a row the way that leaves its bytes where they are, as pages do whose rows have moved."""
    async with store.writing() as tx:
        await tx.exec_driver_sql("PRAGMA secure_delete=OFF")
        await tx.exec_driver_sql(PUT)
    async with store.writing() as tx:
        await tx.exec_driver_sql("DELETE FROM leases")
        await tx.exec_driver_sql("PRAGMA secure_delete=ON")


def found(folder: pathlib.Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if SECRET.encode() in path.read_bytes())


async def test_the_log_is_emptied(store: engine.Store, tmp_path: pathlib.Path) -> None:
    for statement in (PUT, "DELETE FROM leases"):
        async with store.writing() as tx:
            await tx.exec_driver_sql(statement)
    assert found(tmp_path) == ["trunkline.db-wal"]
    assert await store.scrub()
    assert found(tmp_path) == []


async def test_a_copy_that_nothing_leads_to_has_the_file_written_anew(
    store: engine.Store, tmp_path: pathlib.Path
) -> None:
    await leave_a_copy(store)
    assert await store.scrub()
    assert found(tmp_path) == ["trunkline.db"]
    assert await store.scrub(SECRET)
    assert found(tmp_path) == []
    async with store.reading() as tx:
        assert (await tx.exec_driver_sql("PRAGMA integrity_check")).scalar_one() == "ok"


async def test_a_large_file_is_not_written_anew(store: engine.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await leave_a_copy(store)
    monkeypatch.setattr(sqlite, "LARGE", 0)
    assert not await store.scrub(SECRET)
    assert await store.scrub(SECRET, expected=2)


async def test_a_reader_keeps_the_log_until_it_is_done(store: engine.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_SCRUB_PAUSE_S", 0.0)
    monkeypatch.setattr(engine, "_SCRUBS", 2)
    monkeypatch.setattr(sqlite, "_LOG_BUSY_MS", 1)
    async with store.reading() as reader:
        await reader.exec_driver_sql("SELECT * FROM leases")
        async with store.writing() as tx:
            await tx.exec_driver_sql(PUT)
        assert not await store.scrub()
    assert await store.scrub()

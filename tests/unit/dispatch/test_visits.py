"""The driver below the store: one visit to its thread for each statement."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from dispatch.store import engine, visits

pytestmark = pytest.mark.unit


class Counted(visits.Connection):
    """Counts its visits."""

    visits = 0

    async def _execute(self, *args: object, **kwargs: object) -> object:
        self.visits += 1
        return await super()._execute(*args, **kwargs)  # type: ignore[no-untyped-call]


@pytest.fixture
async def connection(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counted]:
    monkeypatch.setattr(visits, "Connection", Counted)
    opened = await visits.connect(str(tmp_path / "a.db"), isolation_level=None)
    assert isinstance(opened, Counted)
    yield opened
    await opened.close()


async def test_a_statement_and_its_rows_are_one_visit(connection: Counted) -> None:
    cursor = await connection.cursor().__aenter__()
    await cursor.execute("SELECT 1 AS one UNION SELECT ?", (2,))
    assert cursor.description is not None
    assert cursor.description[0][0] == "one"
    assert await cursor.fetchall() == [(1,), (2,)]
    assert await cursor.fetchall() == []
    await cursor.close()
    assert connection.visits == 1


async def test_what_a_statement_changed_is_counted(connection: Counted) -> None:
    cursor = connection.cursor()
    await cursor.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)")
    await cursor.executemany("INSERT INTO things (name) VALUES (?)", [("a",), ("b",)])
    assert cursor.rowcount == 2
    assert cursor.description is None
    await cursor.execute("INSERT INTO things (name) VALUES ('c')")
    assert cursor.lastrowid == 3


async def test_a_rollback_without_a_transaction_is_no_visit(connection: Counted) -> None:
    await connection.rollback()
    assert connection.visits == 0
    await connection.cursor().execute("BEGIN")
    await connection.cursor().execute("SELECT 1")
    await connection.rollback()
    assert connection.visits == 2
    assert not connection.in_transaction


async def test_a_transaction_begins_with_its_first_statement(connection: Counted) -> None:
    cursor = connection.cursor()
    await cursor.execute("BEGIN IMMEDIATE")
    assert (connection.visits, connection.in_transaction) == (0, False)
    await cursor.execute("CREATE TABLE things (id INTEGER PRIMARY KEY)")
    assert (connection.visits, connection.in_transaction) == (1, True)
    await connection.commit()
    assert (connection.visits, connection.in_transaction) == (2, False)


async def test_a_transaction_in_which_nothing_is_done_is_none(connection: Counted) -> None:
    for end in (connection.commit, connection.rollback):
        await connection.cursor().execute("BEGIN IMMEDIATE")
        await end()
        assert connection.visits == 0
    await connection.cursor().execute("SELECT 1")
    assert not connection.in_transaction


async def test_a_begin_that_fails_leaves_no_transaction(connection: Counted, tmp_path: pathlib.Path) -> None:
    await connection.execute("PRAGMA busy_timeout=1")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await connection.cursor().execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await connection.cursor().execute("CREATE TABLE things (id INTEGER PRIMARY KEY)")
        await connection.rollback()
        assert not connection.in_transaction


async def test_the_store_uses_it_and_its_errors_stay_those_of_the_database(store: engine.Store) -> None:
    async with store.reading() as tx:
        raw = await tx.get_raw_connection()
        assert isinstance(raw.driver_connection, visits.Connection)
        with pytest.raises(exc.OperationalError, match="no such table"):
            await tx.execute(sa.text("SELECT * FROM missing"))
        assert (await tx.execute(sa.text("SELECT 1"))).scalar_one() == 1

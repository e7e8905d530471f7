"""SQLite statements that each cost one visit to the connection's thread.

aiosqlite makes a visit each to get a cursor, to execute, to fetch and to close; every visit wakes a thread and then the
event loop, which takes longer than most of our statements do. Here a statement is executed and its rows are fetched in
one. All rows at once, as SQLAlchemy asks for them anyway where nothing is streamed. A BEGIN waits for the first
statement and goes with it: nothing was read or locked before, and a transaction in which nothing is done needs none.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import aiosqlite

_CHUNK = 64
"""Rows a visit when a statement is iterated over, which nothing here does; the driver's own default."""

_BEGIN = "BEGIN"


class Cursor:
    """As much of a cursor as SQLAlchemy's adapter for asyncio uses (its `AsyncIODBAPICursor`)."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> Self:
        if operation.startswith(_BEGIN):
            self._connection.begin_with_next(operation)
            return self
        return await self._do(sqlite3.Cursor.execute, operation, parameters)

    async def executemany(self, operation: str, parameters: Iterable[Sequence[Any]]) -> Self:
        return await self._do(sqlite3.Cursor.executemany, operation, parameters)

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    async def _do(self, how: Callable[..., Any], operation: str, parameters: object) -> Self:
        self.description, self.rowcount, self.lastrowid, self._rows = await self._connection.visit(
            how, operation, parameters
        )
        return self


class Connection(aiosqlite.Connection):
    """A connection whose cursors are these."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, _CHUNK)
        self._begin: str | None = None
        self._thread.daemon = True  # as SQLAlchemy has it: a connection that was not closed must not keep the process

    def cursor(self) -> Cursor:  # type: ignore[override]  # the adapter enters it, which needs no visit here
        return Cursor(self)

    def begin_with_next(self, operation: str) -> None:
        """Have the next statement begin a transaction."""
        self._begin = operation

    async def visit(self, how: Callable[..., Any], operation: str, parameters: object) -> tuple[Any, ...]:
        """Do one statement; what it tells of itself, and its rows."""
        begin, self._begin = self._begin, None
        done: tuple[Any, ...] = await self._execute(  # type: ignore[no-untyped-call]
            self._statement, begin, how, operation, parameters
        )
        return done

    async def commit(self) -> None:
        """Ends the transaction; one in which nothing was done, without a visit."""
        if self._begin is None:
            await super().commit()
        self._begin = None

    async def rollback(self) -> None:
        """Ends the transaction; where there is none, as when a connection goes back to the pool, without a visit."""
        self._begin = None
        if self.in_transaction:
            await super().rollback()

    def _statement(
        self, begin: str | None, how: Callable[..., Any], operation: str, parameters: object
    ) -> tuple[Any, ...]:
        cursor = self._conn.cursor()
        try:
            if begin is not None:
                cursor.execute(begin)
            how(cursor, operation, parameters)
            rows = cursor.fetchall() if cursor.description else []
            return cursor.description, cursor.rowcount, cursor.lastrowid, rows
        finally:
            cursor.close()


def connect(database: str, **options: Any) -> Connection:  # those of sqlite3.connect
    """Opens a database, when awaited."""
    return Connection(functools.partial(sqlite3.connect, database, **options))

"""Statements of SQLite in one hop to the connection's thread and back, where its driver takes four.

The driver asks its thread for a cursor, for the execution, for the rows and for the close one by one; each waits for
the thread to wake up and for the event loop to hear of it, which is most of what a short statement takes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Self

import aiosqlite

_Row = Any  # columns of any type
_Description = Any  # of columns, as PEP 249 has it


class Cursor:
    """As much of a cursor as SQLAlchemy uses. All rows are read with the execution, so nothing is left open."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: Sequence[_Row] = ()
        self.description: _Description = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Iterable[Any] = ()) -> Self:
        await self._connection.run(self._run, sqlite3.Cursor.execute, statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Iterable[Iterable[Any]]) -> Self:
        await self._connection.run(self._run, sqlite3.Cursor.executemany, statement, parameters)
        return self

    async def fetchall(self) -> Sequence[_Row]:
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        self._rows = ()

    def _run(self, connection: sqlite3.Connection, execute: Any, statement: str, parameters: Any) -> None:
        cursor = connection.cursor()
        try:
            execute(cursor, statement, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description is not None else ()
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class Connection(aiosqlite.Connection):
    """A connection whose cursors are ours."""

    def cursor(self) -> Any:
        return Cursor(self)

    async def run(self, function: Any, *words: Any) -> Any:
        """Run a function of the driver's connection in its thread."""
        return await self._execute(function, self._conn, *words)  # type: ignore[no-untyped-call]  # as it is there


def connection(*words: Any, **options: Any) -> Connection:
    """A connection that is not open yet; as `sqlite3.connect`."""
    made = Connection(lambda: sqlite3.connect(*words, **options), iter_chunk_size=1)
    made._thread.daemon = True  # as SQLAlchemy has it: one that is forgotten does not keep the process from ending
    return made

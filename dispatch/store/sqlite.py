"""What only SQLite needs: its settings, its transactions, and one process per file."""

from __future__ import annotations

import fcntl
import mmap
import pathlib
import re
import sqlite3
from collections.abc import Mapping
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors

READS: Mapping[str, object] = {}
"""Execution options of a connection whose next transaction only reads."""
WRITES: Mapping[str, object] = {"trunkline_writes": True}
"""Execution options of a connection whose next transaction will write."""

_BUSY_TIMEOUT_MS = 5000  # other writers of the file are short: `trunkline db upgrade`, a backup

_LOG_BUSY_MS = 100

_OUR_MISTAKES = (exc.IntegrityError, exc.ProgrammingError, exc.DataError, exc.NotSupportedError)

LARGE = 64 * 1024 * 1024
"""Bytes: to write such a file anew keeps writers waiting for as long as a caller can."""

_PRAGMAS = (
    "journal_mode=WAL",  # readers do not wait for the writer
    "synchronous=FULL",  # what is acknowledged survives a power cut
    f"busy_timeout={_BUSY_TIMEOUT_MS}",
    "foreign_keys=ON",
    "secure_delete=ON",  # what is deleted is overwritten in the file
)


class DatabaseInUse(errors.Conflict):
    """Another dispatch is using this database."""

    public_code = "database_in_use"


def connect(url: str) -> sa_async.AsyncEngine:
    """An engine whose every connection has the settings, and our BEGIN in place of the driver's.

    The driver would begin a transaction lazily and turn a reader into a writer half-way, which fails at once with
    "database is locked" whenever another transaction wrote in between (sqlite.org/lang_transaction.html). A writer
    therefore says BEGIN IMMEDIATE and waits for its turn.
    """
    # Parameters are numbers and words of callers: an error must not print them.
    engine = sa_async.create_async_engine(url, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def _settings(connection: Any, _record: object) -> None:  # the driver's connection has no public type
        connection.isolation_level = None
        try:
            cursor = connection.cursor()
            for pragma in _PRAGMAS:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
        except BaseException:
            connection.close()  # nobody else has it yet; its thread would outlive the event loop
            raise

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("trunkline_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def is_outage(error: exc.SQLAlchemyError) -> bool:
    """Whether the database cannot, as it is locked, full or broken, or must not be written to."""
    if not isinstance(error, (exc.DatabaseError, exc.InterfaceError, exc.TimeoutError)):
        return False
    return not isinstance(error, _OUR_MISTAKES)


async def encoding(_connection: sa_async.AsyncConnection) -> str:
    """Always this one, as nobody makes databases for us that have another."""
    return "UTF8"


async def empty_log(connection: sa_async.AsyncConnection) -> bool:
    """Move the write-ahead log into the file and cut it to nothing; False where somebody still reads from it.

    No transaction may be open on the connection.
    """
    # Writers wait as long as this does: better to try again.
    await _outside(connection, f"PRAGMA busy_timeout={_LOG_BUSY_MS}")
    try:
        (is_busy, *_), *_ = await _outside(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        await _outside(connection, f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    return not is_busy


async def rewrite(connection: sa_async.AsyncConnection) -> bool:
    """Write the whole database anew, with its rows and nothing else; False where that fails, as on a full disk.

    No transaction may be open on the connection.
    """
    try:
        await _outside(connection, "VACUUM")
    except sqlite3.OperationalError:
        return False
    return True


def count(file: pathlib.Path, text: str) -> int:
    """How often a text stands in a file, whether anything leads there or not."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return len(re.findall(re.escape(text.encode()), content))


async def _outside(connection: sa_async.AsyncConnection, statement: str) -> Any:  # rows, as the driver has them
    """Run a statement outside of any transaction, to its end."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    return await driver.execute_fetchall(statement)


class FileLock:
    """Held by the one process that uses a database file; the kernel drops it with the process, however that ends."""

    def __init__(self, database: pathlib.Path) -> None:
        self._path = database.with_name(database.name + ".lock")

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            DatabaseInUse: another process has it.
        """
        self._file = self._path.open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise DatabaseInUse(
                f"Another dispatch is using {self._path.with_suffix('')}; stop it first, or give this one its own "
                "TRUNKLINE_STATE_DIR or DATABASE_URL."
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

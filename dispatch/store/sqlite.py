"""What only SQLite needs: its settings, its transactions, and one process per file."""

from __future__ import annotations

import fcntl
import pathlib
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors

WRITES = "trunkline_writes"
"""Execution option of a connection whose next transaction will write."""

_BUSY_TIMEOUT_MS = 5000  # other writers of the file are short: `trunkline db upgrade`, a backup

_PRAGMAS = (
    "journal_mode=WAL",  # readers do not wait for the writer
    "synchronous=FULL",  # what is acknowledged survives a power cut
    f"busy_timeout={_BUSY_TIMEOUT_MS}",
    "foreign_keys=ON",
)


class DatabaseInUse(errors.Conflict):
    """Another dispatch is using this database."""

    public_code = "database_in_use"


def prepare(engine: sa_async.AsyncEngine) -> None:
    """Give every connection of the engine the settings, and our BEGIN in place of the driver's.

    The driver would begin a transaction lazily and turn a reader into a writer half-way, which fails at once with
    "database is locked" whenever another transaction wrote in between (sqlite.org/lang_transaction.html). A writer
    therefore says BEGIN IMMEDIATE and waits for its turn.
    """

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
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


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

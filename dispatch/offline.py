"""Works on the database while no dispatch serves it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TypeVar

from sqlalchemy import exc as sa_exc

from callcore import errors
from dispatch import settings
from dispatch.store import engine, migrating, moving, postgres, sqlite

_Result = TypeVar("_Result")


def run(given: settings.StoreSettings, work: Callable[[engine.Store], Awaitable[_Result]]) -> _Result:
    """What `work` makes of the database, brought to the schema of this version and made where there is none.

    Raises:
        ConfigurationInvalid: the environment names a place that cannot be used.
        DatabaseInUse: a running dispatch has this database.
        DatabaseUnusable: it cannot be opened, or is no database of this version.
    """

    async def upgraded() -> _Result:
        store = engine.Store(given.store_url)
        try:
            await migrating.upgrade(store)
            return await work(store)
        finally:
            await store.close()

    with database(given):
        return asyncio.run(upgraded())


def move(source: str, target: str, told: moving.Told) -> Mapping[str, int]:
    """Copy all that the SQLite database `source` has into the Postgres database `target`; the rows of each table.

    Raises:
        ConfigurationInvalid: one of the URLs is of another kind, or there is no such file.
        DatabaseInUse: a running dispatch has the source.
        As `moving.move`.
    """
    try:
        file, is_server = engine.database_file(source), postgres.is_one(target)
    except sa_exc.ArgumentError:
        raise errors.ConfigurationInvalid(["--from, --to: this is not a database URL."]) from None
    if file is None or not is_server:
        raise errors.ConfigurationInvalid(
            ["--from must be sqlite+aiosqlite:///path, and --to postgresql://user:password@host/database."]
        )
    if not file.exists():
        raise errors.ConfigurationInvalid([f"There is no database {file} to move."])

    async def moved() -> Mapping[str, int]:
        old, new = engine.Store(source), engine.Store(target)
        try:
            return await moving.move(old, new, told)
        finally:
            await old.close()
            await new.close()

    with sqlite.FileLock(file):
        return asyncio.run(moved())


@contextlib.contextmanager
def database(given: settings.StoreSettings) -> Iterator[None]:
    """Have the database's file for oneself. Raises as `run`."""
    file = engine.database_file(given.store_url)
    if file is None:
        yield
        return
    os.umask(0o077)  # the database holds phone numbers and what was said: nobody else reads it
    with contextlib.ExitStack() as held:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(sqlite.FileLock(file))
            file.open("ab").close()  # SQLite would only say that it cannot, and not why
        except OSError as error:
            reason = f"{error.filename or file} cannot be used: {error.strerror}"
            raise errors.ConfigurationInvalid([f"TRUNKLINE_STATE_DIR, DATABASE_URL: {reason}."]) from None
        yield

"""Works on the database while no dispatch serves it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from callcore import errors
from dispatch import settings
from dispatch.store import engine, migrating, sqlite

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

"""Entry points of the process: serve, or only bring the database up to date."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator

from callcore import errors
from dispatch import logs, serving, settings
from dispatch.store import engine, migrating, sqlite
from sip_config import configurations, loading
from sip_config.reading import environments


def main() -> None:
    """Run dispatch until SIGTERM or SIGINT.

    Raises:
        ConfigurationInvalid: the environment or the YAML has errors; all of them are in it.
        DatabaseInUse: another dispatch has this database.
        DatabaseUnusable: it cannot be opened, or is no database of this version.
    """
    given = settings.load()
    logs.configure(given.trunkline_log_level, given.trunkline_environment)

    def load() -> configurations.Configuration:
        return loading.load(given.trunkline_config, environments.read())

    configuration = load()
    with _database(given):
        asyncio.run(serving.serve(given, configuration, load))


def upgrade_database() -> None:
    """Bring the database to the schema of this version.

    Raises:
        ConfigurationInvalid: the environment has errors.
        DatabaseInUse: a running dispatch has this database.
        DatabaseUnusable: it cannot be opened, or is no database of this version.
    """
    given = settings.load()

    async def upgrade() -> None:
        store = engine.Store(given.store_url)
        try:
            await migrating.upgrade(store)
        finally:
            await store.close()

    with _database(given):
        asyncio.run(upgrade())


@contextlib.contextmanager
def _database(given: settings.DispatchSettings) -> Iterator[None]:
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

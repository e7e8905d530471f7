"""Brings a database to the schema of this version."""

from __future__ import annotations

import pathlib

import sqlalchemy as sa
from alembic import command, config, util
from alembic.runtime import migration

from callcore import errors
from dispatch.store import engine

_SCRIPTS = pathlib.Path(__file__).parent / "migrations"


class DatabaseUnusable(errors.TrunklineError):
    """The database cannot be used."""

    public_code = "database_unusable"


async def upgrade(store: engine.Store) -> None:
    """Apply what is missing, in one transaction. The caller holds the lock that keeps other processes out.

    Raises:
        DatabaseUnusable: it cannot be opened, is no database, or another version made it; says which database.
    """
    try:
        async with store.writing() as tx:
            await tx.run_sync(_upgrade)
    except engine.StoreUnavailable as error:
        cause = engine.cause(error.__cause__ or error)
        raise DatabaseUnusable(f"The database {store.name} cannot be used: {cause}.") from error
    except util.CommandError:
        raise DatabaseUnusable(f"The database {store.name} was made by another version of Trunkline.") from None


async def revision(store: engine.Store) -> str | None:
    """The revision that the database is at; None when it is empty."""
    async with store.reading() as tx:
        return await tx.run_sync(
            lambda connection: migration.MigrationContext.configure(connection).get_current_revision()
        )


def _upgrade(connection: sa.Connection) -> None:
    settings = config.Config()
    settings.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")

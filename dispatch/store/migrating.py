"""Brings a database to the schema of this version."""

from __future__ import annotations

import pathlib

import sqlalchemy as sa
from alembic import command, config, util
from alembic.runtime import migration
from sqlalchemy import exc

from callcore import errors
from dispatch.store import engine

_ENCODING = "UTF8"  # any other has no place for some of what callers say
_SCRIPTS = pathlib.Path(__file__).parent / "migrations"


class DatabaseUnusable(errors.TrunklineError):
    """The database cannot be used."""

    public_code = "database_unusable"


async def upgrade(store: engine.Store) -> None:
    """Apply what is missing, in one transaction. Of several processes at once the first does it.

    Raises:
        DatabaseUnusable: it cannot be opened, is no database, or another version made it; says which database.
    """
    try:
        async with store.writing() as tx:
            encoding = await store.encoding(tx)
            if encoding != _ENCODING:
                raise DatabaseUnusable(f"The database {store.name} keeps text as {encoding}: it must be {_ENCODING}.")
            await tx.run_sync(_upgrade)
    except (engine.StoreUnavailable, exc.SQLAlchemyError) as error:
        cause = engine.cause(error.__cause__ if isinstance(error, engine.StoreUnavailable) else error)
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

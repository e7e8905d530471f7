"""Brings a database to the schema of this version."""

from __future__ import annotations

import pathlib

import sqlalchemy as sa
from alembic import command, config
from alembic.runtime import migration

from dispatch.store import engine

_SCRIPTS = pathlib.Path(__file__).parent / "migrations"


async def upgrade(store: engine.Store) -> None:
    """Apply what is missing, in one transaction. The caller holds the lock that keeps other processes out."""
    async with store.writing() as tx:
        await tx.run_sync(_upgrade)


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

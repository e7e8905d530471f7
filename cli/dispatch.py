"""`trunkline dispatch`, `trunkline db upgrade` and `trunkline db move`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import failing

database = typer.Typer(no_args_is_help=True)


def run() -> None:
    """Run dispatch: it keeps the ledger of calls, tells workers what to do with them, and serves the API."""
    with failing.plainly():
        from dispatch import main

        main.main()


@database.callback()
def _database() -> None:
    """Look after dispatch's database."""


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database to the schema of this version; dispatch also does so when it starts."""
    with failing.plainly():
        from dispatch import main

        main.upgrade_database()


@database.command("move")
def move(
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="The SQLite database; by default that in the state folder."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="URL", help="The Postgres database, which must be empty; by default DATABASE_URL."
        ),
    ] = None,
) -> None:
    """Copy everything from SQLite to Postgres, all or nothing, while dispatch is stopped; the source stays as it is."""
    with failing.plainly():
        from cli import moving

        moving.move(source, target)

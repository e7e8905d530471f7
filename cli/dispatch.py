"""`trunkline dispatch` and `trunkline db upgrade`."""

from __future__ import annotations

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

"""Moves dispatch's store to Postgres, and shows how far that is."""

from __future__ import annotations

import sys

import rich.console
import rich.progress

from dispatch import offline, settings


def move(source: str | None, target: str | None) -> None:
    """Move what is in `source` to `target`; see `trunkline db move --help` for what they are by default.

    Raises:
        ConfigurationInvalid, DatabaseInUse, DatabaseUnusable, SourceUnfit, TargetNotEmpty: nothing was moved.
    """
    given = settings.load_store()
    console = rich.console.Console(stderr=True)
    with rich.progress.Progress(
        *rich.progress.Progress.get_default_columns(), console=console, transient=True
    ) as shown:
        bars: dict[str, rich.progress.TaskID] = {}

        def told(table: str, done: int, total: int) -> None:
            if table not in bars:
                bars[table] = shown.add_task(table, total=total)
            shown.update(bars[table], completed=done)

        moved = offline.move(source or given.state_database, target or given.database_url or given.store_url, told)
    for table, rows in moved.items():
        sys.stdout.write(f"{rows:>10,}  {table}\n")
    sys.stdout.write(f"{sum(moved.values()):>10,}  rows are moved; start dispatch with DATABASE_URL from now on.\n")

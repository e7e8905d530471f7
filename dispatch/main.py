"""Entry points of the process: serve, or only bring the database up to date."""

from __future__ import annotations

import asyncio
import sys

from dispatch import logs, offline, serving, settings
from dispatch.store import engine
from sip_config import configurations, loading
from sip_config.reading import environments

SWITCH_S = 0.001
"""How long a thread of the store waits for the interpreter while the event loop is busy. Python's 5 ms would be most of
what a short statement takes."""


def main() -> None:
    """Run dispatch until SIGTERM or SIGINT.

    Raises:
        ConfigurationInvalid: the environment or the YAML has errors; all of them are in it.
        DatabaseInUse: another dispatch has this database.
        DatabaseUnusable: it cannot be opened, or is no database of this version.
    """
    sys.setswitchinterval(SWITCH_S)
    given = settings.load()
    logs.configure(given.trunkline_log_level, given.trunkline_environment)

    def load() -> configurations.Configuration:
        return loading.load(given.trunkline_config, environments.read())

    configuration = load()
    with offline.database(given):
        asyncio.run(serving.serve(given, configuration, load))


def upgrade_database() -> None:
    """Bring the database to the schema of this version.

    Raises:
        ConfigurationInvalid: the environment has errors.
        DatabaseInUse: a running dispatch has this database.
        DatabaseUnusable: it cannot be opened, or is no database of this version.
    """

    async def nothing_more(_: engine.Store) -> None: ...

    offline.run(settings.load(), nothing_more)

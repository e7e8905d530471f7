"""As `test_kills`, by two processes on one Postgres that is restarted meanwhile as if it had crashed."""

from __future__ import annotations

import dataclasses
import pathlib
import time
from collections.abc import Iterator

import pytest

from tests import postgres, recorded
from tests.integration.webhooks import runs, test_kills

pytestmark = pytest.mark.integration

_SOURCES = [pathlib.Path("dispatch/webhooks"), pathlib.Path("dispatch/store")]


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    with postgres.running() as running:
        yield running


async def test_few_events_a_kill_and_a_restart_of_the_database(server: postgres.Server, tmp_path: pathlib.Path) -> None:
    plan = runs.Plan(store_url=server.url(), calls=10, kills=1, seed=1, processes=2, within_s=90)
    found = await runs.run(plan, tmp_path, [lambda: _crash(server)])
    test_kills.check(plan, found)


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_10000_events_20_kills_and_3_restarts_of_the_database(
    server: postgres.Server, tmp_path: pathlib.Path
) -> None:
    plan = runs.Plan(store_url=server.url(), calls=1000, kills=20, seed=20, processes=2, within_s=1150)
    began = time.monotonic()
    found = await runs.run(plan, tmp_path, [lambda: _crash(server)] * 3)
    test_kills.check(plan, found)
    recorded.add(
        "deliveries",
        {
            "store": "postgres",
            "seed": plan.seed,
            "version": recorded.version(_SOURCES),
            "processes": plan.processes,
            "kills": plan.kills,
            "database_restarts": 3,
            "seconds": round(time.monotonic() - began),
            **dataclasses.asdict(found),
        },
    )


async def _crash(server: postgres.Server) -> None:
    server.stop()
    server.start()

"""Dispatch dies while it tells of calls: nothing is lost, no call out of order, and no event has two ids."""

from __future__ import annotations

import dataclasses
import pathlib
import time

import pytest

from tests import recorded
from tests.integration.webhooks import judging, runs

pytestmark = pytest.mark.integration

_SOURCES = [pathlib.Path("dispatch/webhooks"), pathlib.Path("dispatch/store")]


def check(plan: runs.Plan, found: judging.Findings) -> None:
    """What must hold of every run."""
    assert found.events == plan.events
    assert (found.lost, found.undelivered, found.out_of_order, found.mixed_ids, found.unsigned) == (0, 0, 0, 0, 0)


def sqlite(folder: pathlib.Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'trunkline.db'}"


async def test_few_events_and_few_kills(tmp_path: pathlib.Path) -> None:
    plan = runs.Plan(store_url=sqlite(tmp_path), calls=30, kills=2, seed=1, within_s=90)
    check(plan, await runs.run(plan, tmp_path))


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_10000_events_and_20_kills(tmp_path: pathlib.Path) -> None:
    plan = runs.Plan(store_url=sqlite(tmp_path), calls=1000, kills=20, seed=20, within_s=1150)
    began = time.monotonic()
    found = await runs.run(plan, tmp_path)
    check(plan, found)
    recorded.add(
        "deliveries",
        {
            "store": "sqlite",
            "seed": plan.seed,
            "version": recorded.version(_SOURCES),
            "processes": plan.processes,
            "kills": plan.kills,
            "seconds": round(time.monotonic() - began),
            **dataclasses.asdict(found),
        },
    )

"""Transfers without HTTP: a real store and ledger; LiveKit, carriers and the call's job behind doubles."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
import shutil
from collections.abc import AsyncIterator

import pytest

from callcore import clock
from dispatch.store import engine
from dispatch.transfers import absences, bridges, partings, ringing, sights
from sip_config import configurations, schema
from tests.unit.dispatch import samples
from tests.unit.dispatch.transfers import desks


@pytest.fixture(scope="session")
def configuration(configuration: configurations.Configuration) -> configurations.Configuration:
    """The sample set, with a trunk that places calls."""
    way = schema.OutboundTrunk(address="127.0.0.1:5090")
    ways = {name: trunk.model_copy(update={"outbound": way}) for name, trunk in configuration.trunks.items()}
    return dataclasses.replace(configuration, trunks=ways)


@pytest.fixture(scope="session")
def empty_database(
    empty_database: pathlib.Path, tmp_path_factory: pytest.TempPathFactory, configuration: configurations.Configuration
) -> pathlib.Path:
    """Not quite empty: the call is in it, which saves each test the telling."""
    path = tmp_path_factory.mktemp("begun") / "begun.db"
    shutil.copy(empty_database, path)

    async def begin() -> None:
        store = engine.Store(f"sqlite+aiosqlite:///{path}")
        await desks.Desk(store, configuration, clock.ManualClock(wall=samples.START)).open()
        await store.close()

    asyncio.run(begin())
    return path


@pytest.fixture
async def desk(
    store: engine.Store,
    configuration: configurations.Configuration,
    manual_clock: clock.ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[desks.Desk]:
    """A call in progress, and whoever may transfer it; all of them are in a hurry."""
    for module in (sights, bridges):
        monkeypatch.setattr(module, "_LOOK_S", 0.05)
    monkeypatch.setattr(absences, "CONFIRM_S", 0.04)
    monkeypatch.setattr(partings, "_JOBS_S", 0.05)
    monkeypatch.setattr(ringing, "_STOP_S", 0.01)
    made = desks.Desk(store, configuration, manual_clock)
    await made.open()
    yield made
    await made.transfers.aclose()
    await made.closer.aclose()

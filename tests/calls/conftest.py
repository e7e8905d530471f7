"""One lab for all real-call tests, with speech made on this machine; a second one with simulated providers."""

from __future__ import annotations

import importlib.resources
import os
import pathlib
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cli import api
from lab import labs, provider_sets, softphone
from tests.calls import standing

CONFIG = pathlib.Path(__file__).parent / "config"


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Numbers and trunks of these tests, with the agents of the sample set."""
    folder = tmp_path_factory.mktemp("config")
    shutil.copytree(CONFIG, folder, dirs_exist_ok=True)
    with importlib.resources.as_file(importlib.resources.files("sip_config") / "demo" / "agents") as agents:
        shutil.copytree(agents, folder / "agents")
    return folder


def options(config: pathlib.Path, providers: provider_sets.ProviderSet) -> labs.LabOptions:
    environment = {**os.environ, "TEST_SIP_PASSWORD": standing.SIP_PASSWORD}
    return labs.LabOptions(environment=environment, config=config, providers=providers)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lab(config: pathlib.Path) -> AsyncIterator[labs.Lab]:
    async with labs.running(options(config, provider_sets.ProviderSet.OFFLINE)) as running:
        await standing.record_warm_jobs(running)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def simulated_lab(config: pathlib.Path) -> AsyncIterator[labs.Lab]:
    async with labs.running(options(config, provider_sets.ProviderSet.SIMULATED)) as running:
        await standing.record_warm_jobs(running)
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def phone() -> AsyncIterator[softphone.Softphone]:
    async with softphone.Softphone.open() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def ledger(lab: labs.Lab) -> AsyncIterator[api.Api]:
    async with standing.ledger_of(lab) as client:
        yield client

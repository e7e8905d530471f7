"""One lab for all real-call tests, with speech made on this machine; for one module with simulated providers."""

from __future__ import annotations

import importlib.resources
import os
import pathlib
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cli import api
from lab import labs, provider_sets, receiver, softphone
from tests.calls import clocks, hooked, simulating, standing

CONFIG = pathlib.Path(__file__).parent / "config"


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Numbers and trunks of these tests, with the agents of the sample set."""
    folder = tmp_path_factory.mktemp("config")
    shutil.copytree(CONFIG, folder, dirs_exist_ok=True)
    with importlib.resources.as_file(importlib.resources.files("sip_config") / "demo" / "agents") as agents:
        shutil.copytree(agents, folder / "agents", dirs_exist_ok=True)
    return folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def far_phone() -> AsyncIterator[softphone.Softphone]:
    """The phone behind the trunk's outbound side, for the whole session: its port stands in the configuration."""
    async with softphone.Softphone.open() as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def receiving() -> AsyncIterator[receiver.Receiver]:
    """Takes the webhooks of the agent that has some, for the whole session: its port stands in the configuration."""
    async with receiver.running([hooked.SECRET]) as opened:
        yield opened


def options(
    config: pathlib.Path,
    providers: provider_sets.ProviderSet,
    far_phone: softphone.Softphone,
    receiving: receiver.Receiver,
) -> labs.LabOptions:
    host, port = far_phone.address
    environment = {
        **os.environ,
        "TEST_SIP_PASSWORD": standing.SIP_PASSWORD,
        "TEST_CALLEE_ADDRESS": f"{host}:{port}",
        "TEST_WEBHOOK_ADDRESS": receiving.address,
        "TEST_WEBHOOK_SECRET": hooked.SECRET,
    }
    variables = {**clocks.variables(clocks.IN_HOURS), "TRUNKLINE_WEBHOOK_RETRIES": hooked.RETRIES}
    return labs.LabOptions(environment=environment, config=config, providers=providers, variables=variables)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lab(
    config: pathlib.Path, far_phone: softphone.Softphone, receiving: receiver.Receiver
) -> AsyncIterator[labs.Lab]:
    async with labs.running(options(config, provider_sets.ProviderSet.OFFLINE, far_phone, receiving)) as running:
        await standing.record_warm_jobs(running)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def simulated_lab(
    lab: labs.Lab, config: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[labs.Lab]:
    """The same lab with simulated providers, for one module."""
    async with simulating.providers(lab, config, tmp_path_factory.mktemp("simulating")) as simulated:
        yield simulated


@pytest_asyncio.fixture(loop_scope="session")
async def phone() -> AsyncIterator[softphone.Softphone]:
    async with softphone.Softphone.open() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def callee(far_phone: softphone.Softphone) -> AsyncIterator[softphone.Softphone]:
    """The far phone, in its first state: it answers nothing, and has no call."""
    far_phone.reset()
    yield far_phone
    assert far_phone.dialogs == (), "a forwarded leg was left behind"


@pytest_asyncio.fixture(loop_scope="session")
async def hooks(receiving: receiver.Receiver) -> AsyncIterator[receiver.Receiver]:
    """The receiver in its first state: it takes everything, and pre-call webhooks change nothing."""
    receiving.reset()
    yield receiving
    hooked.assert_in_order(receiving)


@pytest_asyncio.fixture(loop_scope="session")
async def ledger(lab: labs.Lab) -> AsyncIterator[api.Api]:
    async with standing.ledger_of(lab) as client:
        yield client

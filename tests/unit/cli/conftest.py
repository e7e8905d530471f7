"""The `trunkline` command beside a dispatch of the test's own."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator

import pytest
from aiohttp import test_utils
from typer import testing

from cli import main
from tests.unit.cli import doubles

DEADLINE_S = 30.0


@dataclasses.dataclass(frozen=True)
class Trunkline:
    """Runs commands in this process, beside the test's own event loop."""

    environment: dict[str, str]

    async def __call__(self, *words: str, **changes: str) -> testing.Result:
        environment: dict[str, str | None] = {**self.environment, **changes}
        runner = testing.CliRunner()
        async with asyncio.timeout(DEADLINE_S):
            return await asyncio.to_thread(runner.invoke, main.app, list(words), env=environment)


@pytest.fixture
def dispatch() -> doubles.Dispatch:
    return doubles.Dispatch()


@pytest.fixture
async def server(dispatch: doubles.Dispatch) -> AsyncIterator[test_utils.TestServer]:
    started = test_utils.TestServer(dispatch.app)
    await started.start_server()
    yield started
    await started.close()


@pytest.fixture
def environment(server: test_utils.TestServer) -> dict[str, str]:
    return {
        "TRUNKLINE_DISPATCH_URL": str(server.make_url("")).rstrip("/"),
        "TRUNKLINE_API_KEY": f"{doubles.KEY},tl_other_key",
    }


@pytest.fixture
def trunkline(environment: dict[str, str]) -> Trunkline:
    return Trunkline(environment)

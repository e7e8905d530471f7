"""From nothing to a dispatch that other machines may reach: it wants a key first, and a command makes one."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

import sip_config

pytestmark = pytest.mark.integration

DEADLINE_S = 30.0
EX_CONFIG = 78


@pytest.fixture
def environment(tmp_path: pathlib.Path) -> dict[str, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return {
        "PYTHONPATH": str(pathlib.Path(__file__).parents[3]),
        "TRUNKLINE_INTERNAL_SECRET": "internal-secret-of-the-tests",
        "TRUNKLINE_CONFIG": str(pathlib.Path(sip_config.__file__).parent / "demo"),
        "TRUNKLINE_STATE_DIR": str(tmp_path / "state"),
        "TRUNKLINE_HTTP_HOST": "0.0.0.0",  # noqa: S104  # what is tested
        "TRUNKLINE_HTTP_PORT": str(port),
        "TRUNKLINE_DISPATCH_URL": f"http://127.0.0.1:{port}",
        "LIVEKIT_URL": "ws://127.0.0.1:9",
        "LIVEKIT_API_KEY": "devkey",
        "LIVEKIT_API_SECRET": "secret-of-livekit-in-the-tests-0",
    }


@contextlib.asynccontextmanager
async def trunkline(environment: dict[str, str], *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *words, env=environment, cwd="/", stdout=pipe, stderr=pipe
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def test_a_key_first_and_then_the_network(environment: dict[str, str], tmp_path: pathlib.Path) -> None:
    async with trunkline(environment, "dispatch") as keyless:
        _, told = await keyless.communicate()
        assert keyless.returncode == EX_CONFIG
        assert told.startswith(b"TRUNKLINE_HTTP_HOST: ")
    async with trunkline(environment, "keys", "create", "--scope", "calls:read") as command:
        made, told = await command.communicate()
        assert command.returncode == 0, told
    url, headers = environment["TRUNKLINE_DISPATCH_URL"], {"Authorization": f"Bearer {made.decode().strip()}"}
    async with trunkline(environment, "dispatch") as dispatch:
        async with aiohttp.ClientSession(url, headers=headers) as http:
            await listens(http)
            assert [await status(http, path) for path in ("/v1/calls", "/v1/keys")] == [200, 403]
        dispatch.terminate()
        await dispatch.communicate()
        assert dispatch.returncode == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "trunkline.db")) as database:
        ((used,),) = database.execute("SELECT last_used_at FROM api_keys")
    assert used is not None


async def status(http: aiohttp.ClientSession, path: str) -> int:
    async with http.get(path) as response:
        return response.status


async def listens(http: aiohttp.ClientSession) -> None:
    while True:
        with contextlib.suppress(aiohttp.ClientConnectorError):
            await status(http, "/healthz")
            return
        await asyncio.sleep(0.05)

"""From the wheel alone, in an empty folder: dispatch and a worker beside a real stack, ready for calls."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.integration.packaging import conftest

pytestmark = pytest.mark.integration

READY_S = 90.0
END_S = 30.0


@contextlib.asynccontextmanager
async def lab_up(installation: conftest.Installation) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(str(installation.bin / "trunkline"), "lab", "up"),
        cwd=installation.folder,
        env=installation.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()  # its keeper takes everything else down
        await process.communicate()


async def test_dispatch_and_worker_are_ready_for_calls(installation: conftest.Installation) -> None:
    async with lab_up(installation) as process:
        assert process.stdout
        async with asyncio.timeout(READY_S):
            announced = json.loads(await process.stdout.readline() or await _complaint(process))
            async with aiohttp.ClientSession() as http, http.get(f"{announced['dispatch']}/readyz") as answer:
                assert answer.status == 200, await answer.text()
        for component in ("dispatch", "worker"):
            _runs_from(installation, announced["pids"][component])
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(END_S):
            await process.communicate()
        assert process.returncode == 0
    assert list(installation.folder.iterdir()) == []


def _runs_from(installation: conftest.Installation, pid: int) -> None:
    """Assert that a process is the environment's own, and uses nothing of this repository."""
    process = Path("/proc", str(pid))
    assert (process / "cmdline").read_text().split("\0")[0] == str(installation.bin / "python")
    variables = dict(pair.partition("=")[::2] for pair in (process / "environ").read_text().split("\0"))
    assert Path(variables["PYTHONPATH"]).is_relative_to(installation.bin.parent)
    used = (process / "maps").read_text()
    assert f"{installation.bin.parent}/" in used
    assert f"{conftest.ROOT}/" not in used


async def _complaint(process: asyncio.subprocess.Process) -> str:
    _, told = await process.communicate()
    raise AssertionError(told.decode())

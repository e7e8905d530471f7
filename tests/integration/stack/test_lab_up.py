"""`trunkline lab up` as users run it, with the real dispatch and worker: ready for calls, and gone without a trace."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from lab.stack import keeper
from tests.unit.stack import remains

pytestmark = pytest.mark.integration

UP_S = 60.0  # about 5 s on an idle machine
JOB_PROCESSES = 2  # that a worker keeps warm

Announced = dict[str, Any]  # JSON as a user's script would read it


@contextlib.asynccontextmanager
async def _up(folder: Path, *words: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, Announced]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "lab", "up", *words),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdout
    try:
        async with asyncio.timeout(UP_S):
            yield process, json.loads(await process.stdout.readline())
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the lab puts its own; a short path, for the worker's Unix socket is below it."""
    with tempfile.TemporaryDirectory(prefix="up-") as made:
        yield Path(made)


async def _readiness(announced: Announced) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"{announced['dispatch']}/readyz") as response:
        return response.status


@pytest.mark.parametrize("signum", [pytest.param(signal.SIGKILL, marks=pytest.mark.long), signal.SIGTERM])
@pytest.mark.parametrize("providers", ["offline", pytest.param("simulated", marks=pytest.mark.long)])
async def test_lab_is_ready_and_then_leaves_nothing(signum: signal.Signals, providers: str, folder: Path) -> None:
    async with _up(folder, "--providers", providers) as (process, announced):
        assert await _readiness(announced) == 200
        pids = announced["pids"]
        workers = keeper.descendants(pids["worker"])
        assert len(workers) >= JOB_PROCESSES
        below = [pids["keeper"], *keeper.descendants(pids["keeper"])]
        assert set(pids.values()) | set(workers) <= set(below)
        ports = [int(announced[where].rpartition(":")[2]) for where in ("dispatch", "sip")]
        assert all(map(remains.listening, ports))
        (made,) = folder.iterdir()

        process.send_signal(signum)
        assert await remains.until(lambda: remains.nothing_of(below, ports, made))
        assert await process.wait() == (0 if signum is signal.SIGTERM else -signum)


async def test_lab_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "lab", "up", "--config", str(tmp_path / "nowhere")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    async with asyncio.timeout(UP_S):
        out, told = await process.communicate()
    assert process.returncode == 1
    assert out == b""
    assert b"nowhere is not a folder" in told
    assert b"Traceback" not in told
    assert list(tmp_path.iterdir()) == []

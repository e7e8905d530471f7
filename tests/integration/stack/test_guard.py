"""Nothing outlives the lab: however the lab ends, and whatever its components do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.stack import errors, guard
from tests.unit.stack import doomed_lab, remains

pytestmark = pytest.mark.integration

READY_S = 10.0


@dataclass(frozen=True)
class Doomed:
    process: asyncio.subprocess.Process
    pids: Sequence[int]
    port: int
    folder: Path

    def is_gone(self) -> bool:
        return remains.nothing_of(self.pids, [self.port], self.folder)


@contextlib.asynccontextmanager
async def _doomed() -> AsyncIterator[Doomed]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", doomed_lab.__name__, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert process.stdout
    try:
        async with asyncio.timeout(READY_S):
            told = json.loads(await process.stdout.readline())
        yield Doomed(process, told["pids"], told["port"], Path(told["folder"]))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_nothing_is_left_when_the_lab_is_killed(signum: signal.Signals) -> None:
    async with _doomed() as lab:
        assert len(remains.alive(lab.pids)) == 3
        assert remains.listening(lab.port)
        lab.process.send_signal(signum)
        assert await remains.until(lab.is_gone)


async def test_nothing_is_left_when_the_whole_process_group_is_killed() -> None:
    async with _doomed() as lab:
        os.killpg(lab.process.pid, signal.SIGKILL)
        assert await remains.until(lab.is_gone)


@pytest.fixture
async def keeper() -> AsyncIterator[guard.Guard]:
    async with await guard.Guard.start(os.environ) as started:
        yield started


async def _spawn(keeper: guard.Guard, *argv: str) -> guard.Child:
    return await keeper.spawn(argv, environment=os.environ, folder=keeper.folder, log=keeper.folder / "log")


async def test_leaving_the_block_kills_and_removes_everything() -> None:
    async with await guard.Guard.start(os.environ) as keeper:
        child = await _spawn(keeper, "sleep", "60")
        folder = keeper.folder
    assert remains.nothing_of([child.pid, keeper.pid], [], folder)
    assert child.ended.result() == -signal.SIGKILL


async def test_exit_code_and_output_are_reported(keeper: guard.Guard) -> None:
    child = await _spawn(keeper, "sh", "-c", "echo out; echo err >&2; exit 7")
    async with asyncio.timeout(READY_S):
        assert await child.ended == 7
    assert (keeper.folder / "log").read_text() == "out\nerr\n"


async def test_signal_ends_a_child(keeper: guard.Guard) -> None:
    child = await _spawn(keeper, "sleep", "60")
    await keeper.signal(child, signal.SIGTERM)
    async with asyncio.timeout(READY_S):
        assert await child.ended == -signal.SIGTERM
    await keeper.signal(child, signal.SIGTERM)  # and is nothing to one that has ended


async def test_many_short_runs_are_told_apart(keeper: guard.Guard) -> None:
    children = await asyncio.gather(*(_spawn(keeper, "sh", "-c", f"exit {code}") for code in range(30)))
    async with asyncio.timeout(READY_S):
        assert [await child.ended for child in children] == list(range(30))


async def test_child_does_not_get_the_terminals_signals(keeper: guard.Guard) -> None:
    child = await _spawn(keeper, "sleep", "60")
    assert os.getsid(child.pid) == child.pid


async def test_program_that_does_not_exist_is_an_error(keeper: guard.Guard) -> None:
    with pytest.raises(OSError, match="no-such-program"):
        await _spawn(keeper, "/no-such-program")


async def test_death_of_the_keeper_takes_the_components_along_and_is_noticed() -> None:
    async with await guard.Guard.start(os.environ) as keeper:
        child = await _spawn(keeper, "sleep", "60")
        os.kill(keeper.pid, signal.SIGKILL)
        async with asyncio.timeout(READY_S):
            await keeper.lost
            await child.ended
        assert await remains.until(lambda: not remains.alive([child.pid]))
        with pytest.raises(errors.GuardLost):
            await _spawn(keeper, "sleep", "60")
    assert not keeper.folder.exists()

"""`trunkline calls tail`, until somebody presses Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from callcore import turns
from tests.unit.cli import conftest, doubles

pytestmark = pytest.mark.integration

SAID = (doubles.a_turn("Hello?"), doubles.a_turn("[red] Nine [/] to five", turns.Role.AGENT))


@pytest.fixture
def live(dispatch: doubles.Dispatch) -> doubles.Kept:
    return dispatch.keep(doubles.Kept(doubles.a_call(doubles.LIVE, is_over=False), SAID))


@contextlib.asynccontextmanager
async def tailing(environment: dict[str, str], *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command as a process of its own, which can be interrupted."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "calls", "tail", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    try:
        async with asyncio.timeout(conftest.DEADLINE_S):
            yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def until(process: asyncio.subprocess.Process, text: bytes) -> None:
    assert process.stdout
    while text not in await process.stdout.readline():
        assert not process.stdout.at_eof()


async def test_all_calls_are_followed_until_ctrl_c(dispatch: doubles.Dispatch, environment: dict[str, str]) -> None:
    dispatch.keep(doubles.Kept(doubles.a_call(), [doubles.a_turn("long ago")]))
    async with tailing(environment, "--json") as process:
        while not dispatch.queries:
            await asyncio.sleep(0.01)
        dispatch.keep(doubles.Kept(doubles.a_call(doubles.LIVE, is_over=False), SAID))
        assert process.stdout
        lines = [json.loads(await process.stdout.readline()) for _ in range(4)]
        assert [line["type"] for line in lines] == ["call", "connected", "turn", "turn"]
        assert lines[0]["call"]["callId"] == doubles.LIVE
        process.send_signal(signal.SIGINT)
        rest, complaint = await process.communicate()
        assert (process.returncode, rest, complaint) == (0, b"", b"")


async def test_ctrl_c_in_one_call_is_no_error(live: doubles.Kept, environment: dict[str, str]) -> None:
    async with tailing(environment, live.call.id) as process:
        await until(process, b"to five")
        process.send_signal(signal.SIGINT)
        _, complaint = await process.communicate()
        assert (process.returncode, complaint) == (0, b"")

"""The lab around dispatch and a worker: their environment, their comings and goings, and its end without a trace."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from lab import labs, provider_sets
from lab.stack import errors
from tests.integration.stack import lab_up
from tests.unit.stack import remains

pytestmark = pytest.mark.integration

UP_S = 30.0


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    (folder / "agents").mkdir(parents=True)
    (folder / "organization.yaml").write_text("organization: {id: acme}\n")
    return folder


@pytest.fixture
async def lab(config: Path) -> AsyncIterator[labs.Lab]:
    async with labs.running(lab_up.options(config)) as started:
        yield started


async def _status(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


def _environment(lab: labs.Lab, component: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((lab.folder / component / "environment.json").read_text())
    return found


async def test_lab_is_up_when_dispatch_is_ready(lab: labs.Lab) -> None:
    assert (await _status(f"{lab.dispatch_url}/readyz"))[0] == 200
    assert set(lab.pids) == {"keeper", "redis", "livekit", "sip", "dispatch", "worker"}
    assert len(remains.alive(lab.pids.values())) == 6


async def test_dispatch_gets_what_it_needs(lab: labs.Lab, config: Path) -> None:
    given = _environment(lab, "dispatch")
    assert given["TRUNKLINE_API_KEY"] == lab.api_key
    assert given["TRUNKLINE_API_KEY"].startswith("tl_")
    assert given["TRUNKLINE_APPLY"] == "1"
    assert given["TRUNKLINE_REDIS_URL"] == lab.redis_url
    assert (given["LIVEKIT_URL"], given["LIVEKIT_API_KEY"]) == (lab.livekit.url, lab.livekit.api_key)
    copied = Path(given["TRUNKLINE_CONFIG"])
    assert copied != config
    assert (copied / "organization.yaml").read_text() == (config / "organization.yaml").read_text()


async def test_worker_gets_what_it_needs_and_no_key_of_the_store(lab: labs.Lab) -> None:
    given = _environment(lab, "worker")
    assert given["TRUNKLINE_DISPATCH_URL"] == lab.dispatch_url
    assert given["TRUNKLINE_INTERNAL_SECRET"] == lab.internal_secret
    assert given["TRUNKLINE_STATE_DIR"] != _environment(lab, "dispatch")["TRUNKLINE_STATE_DIR"]
    assert "DATABASE_URL" not in given
    assert "TRUNKLINE_API_KEY" not in given


async def test_settings_of_another_deployment_do_not_get_in_but_those_of_the_test_do(config: Path) -> None:
    options = lab_up.options(config)
    foreign = {"LIVEKIT_URL": "wss://elsewhere", "TRUNKLINE_DRAIN_TIMEOUT": "1", "DATABASE_URL": "elsewhere"}
    environment = {**options.environment, **foreign, "CITY": "Oslo"}
    async with labs.running(dataclasses.replace(options, environment=environment)) as lab:
        given = _environment(lab, "worker")
        assert given["LIVEKIT_URL"] == lab.livekit.url
        assert given["CITY"] == "Oslo"
        assert not {"DATABASE_URL", "TRUNKLINE_DRAIN_TIMEOUT"} & set(given)
    variables = {"TRUNKLINE_DRAIN_TIMEOUT": "2"}
    async with labs.running(dataclasses.replace(options, environment=environment, variables=variables)) as lab:
        assert _environment(lab, "worker")["TRUNKLINE_DRAIN_TIMEOUT"] == "2"


async def test_simulators_run_where_the_agents_are_sent(config: Path) -> None:
    (config / "agents" / "front-desk.yaml").write_text("name: Ava\n")
    options = dataclasses.replace(lab_up.options(config), providers=provider_sets.ProviderSet.SIMULATED)
    async with labs.running(options) as lab:
        assert lab.components["simulators"].running
        base_url = f"{lab.simulators_url}/v1"
        assert f"base_url: {base_url}\n" in (lab.folder / "config" / "agents" / "front-desk.yaml").read_text()
        assert (await _status(f"{base_url}/models"))[0] == 401  # it demands some key, like the real one


async def test_dispatch_comes_back_on_the_same_port_with_the_same_store(lab: labs.Lab) -> None:
    await lab.dispatch.stop()
    with pytest.raises(aiohttp.ClientError):
        await _status(f"{lab.dispatch_url}/healthz")
    await lab.dispatch.start()
    status, body = await _status(f"{lab.dispatch_url}/healthz")
    assert (status, json.loads(body)) == (200, {"runs": 2})


async def test_worker_can_be_killed_and_brought_back(lab: labs.Lab) -> None:
    await lab.worker.kill()
    assert "worker" not in lab.pids
    await lab.worker.start()
    await lab.ready()


async def test_component_that_ends_by_itself_fails_the_lab(config: Path) -> None:
    async def use() -> None:
        async with labs.running(lab_up.options(config)) as lab:
            os.kill(lab.dispatch.pid, signal.SIGKILL)
            async with asyncio.timeout(UP_S):
                await lab.failure()

    with pytest.raises(errors.ComponentFailed, match="dispatch was killed by SIGKILL"):
        await use()


async def test_component_that_ended_is_noted_on_the_error_that_ends_the_lab(config: Path) -> None:
    async def use() -> None:
        async with labs.running(lab_up.options(config)) as lab:
            os.kill(lab.components["sip"].pid, signal.SIGKILL)
            async with asyncio.timeout(UP_S):
                await lab.failure()
            raise KeyError

    with pytest.raises(KeyError) as failure:
        await use()
    assert "sip was killed by SIGKILL" in failure.value.__notes__[0]


@dataclass(frozen=True)
class Up:
    """A `trunkline lab up` in a process of its own, and what it announced."""

    process: asyncio.subprocess.Process
    announced: dict[str, object]
    pids: Sequence[int]
    ports: Sequence[int]
    folder: Path

    def is_gone(self) -> bool:
        return remains.nothing_of(self.pids, self.ports, self.folder)


@contextlib.asynccontextmanager
async def _started(config: Path, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    folder.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", lab_up.__name__, str(config)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    try:
        async with asyncio.timeout(UP_S):
            yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@contextlib.asynccontextmanager
async def _up(config: Path, tmp_path: Path) -> AsyncIterator[Up]:
    async with _started(config, tmp_path / "tmp") as process:
        assert process.stdout
        announced = json.loads(await process.stdout.readline())
        (folder,) = (tmp_path / "tmp").iterdir()
        component, orphan, port = map(int, (folder / "worker" / "unruly").read_text().split())
        ports = [int(announced[where].rpartition(":")[2]) for where in ("dispatch", "sip")]
        yield Up(process, announced, [*announced["pids"].values(), component, orphan], [*ports, port], folder)


async def test_up_announces_where_everything_is(config: Path, tmp_path: Path) -> None:
    async with _up(config, tmp_path) as up:
        assert set(up.announced) == {"dispatch", "sip", "livekit", "apiKey", "pids"}
        livekit = up.announced["livekit"]
        assert isinstance(livekit, dict)
        assert set(livekit) == {"url", "apiKey", "apiSecret"}
        assert len(remains.alive(up.pids)) == 8
        assert all(map(remains.listening, up.ports))


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
async def test_signal_takes_everything_down(signum: signal.Signals, config: Path, tmp_path: Path) -> None:
    async with _up(config, tmp_path) as up:
        up.process.send_signal(signum)
        rest, progress = await up.process.communicate()
        assert up.process.returncode == 0
        assert up.is_gone()  # by the time it ends, not some time later
        assert rest == b""  # one line on stdout, and no more
        assert progress.startswith(b"lab: starting redis\n")


async def test_nothing_is_left_when_the_lab_is_killed(config: Path, tmp_path: Path) -> None:
    async with _up(config, tmp_path) as up:
        up.process.kill()
        assert await remains.until(up.is_gone)


async def test_nothing_is_left_when_the_lab_is_killed_while_starting(config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tmp"
    async with _started(config, folder) as process:
        assert process.stderr
        await process.stderr.readuntil(b"starting livekit\n")
        (keeper,) = remains.children_of(process.pid)
        pids = [keeper, *remains.children_of(keeper)]
        assert len(pids) >= 2
        process.kill()
        assert await remains.until(lambda: not remains.alive(pids) and not list(folder.iterdir()))


async def test_lost_component_ends_the_lab_and_is_reported(config: Path, tmp_path: Path) -> None:
    async with _up(config, tmp_path) as up:
        pids = up.announced["pids"]
        assert isinstance(pids, dict)
        os.kill(pids["livekit"], signal.SIGKILL)
        _, told = await up.process.communicate()
        assert up.process.returncode == 1
        assert b"lab: livekit was killed by SIGKILL" in told
        assert up.is_gone()

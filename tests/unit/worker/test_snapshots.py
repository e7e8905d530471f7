"""The routing snapshot: on disk before the first call, fresh while dispatch is up, kept while it is out."""

from __future__ import annotations

import asyncio
import logging
import pathlib
import stat
from collections.abc import Callable, Coroutine

import pytest
from aiohttp import web

from callcore import errors
from sip_config import snapshots as routing_snapshots
from tests.unit.worker import conftest, samples
from worker import dispatch_client, snapshots

pytestmark = pytest.mark.unit

PLACE = ("GET", "/internal/snapshot")


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "_FIRST_S", 10.0)
    monkeypatch.setattr(snapshots, "_RETRY_S", 0.01)
    monkeypatch.setattr(snapshots, "_POLL_S", 0.01)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For workers that wait in vain."""
    monkeypatch.setattr(snapshots, "_FIRST_S", 0.1)


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "snapshot.json"


@pytest.fixture
def keeper(dispatch: dispatch_client.DispatchClient, path: pathlib.Path) -> snapshots.SnapshotKeeper:
    return snapshots.SnapshotKeeper(dispatch, path, samples.KEYS)


def versioned(current: list[routing_snapshots.Snapshot]) -> conftest.Handler:
    """Answers with the current snapshot, or 304 to whoever has it."""

    async def answer(request: web.Request) -> web.Response:
        etag = f'"{current[0].version}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        return conftest.says(current[0], ETag=etag)

    return answer


async def while_running(work: Coroutine[None, None, None], until: Callable[[], bool]) -> None:
    """Run something until a condition holds."""
    running = asyncio.create_task(work)
    try:
        async with asyncio.timeout(30):
            while not until():
                assert not running.done()
                await asyncio.sleep(0.005)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == snapshots.__name__]


async def test_the_first_snapshot_is_on_disk_for_this_user_alone(
    internal: conftest.InternalApi, keeper: snapshots.SnapshotKeeper, path: pathlib.Path
) -> None:
    internal.answers[PLACE] = conftest.says(samples.snapshot())
    await keeper.take_first()
    assert snapshots.read(path) == samples.snapshot()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [kept.name for kept in path.parent.iterdir()] == [path.name]


async def test_a_dispatch_that_starts_beside_the_worker_is_waited_for(
    internal: conftest.InternalApi, keeper: snapshots.SnapshotKeeper, path: pathlib.Path
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return conftest.says(samples.snapshot()) if len(internal.requests) > 2 else web.Response(status=503)

    internal.answers[PLACE] = answer
    await keeper.take_first()
    assert snapshots.read(path) == samples.snapshot()


@pytest.mark.usefixtures("_impatient")
async def test_without_dispatch_the_snapshot_of_an_earlier_run_stays(
    keeper: snapshots.SnapshotKeeper, path: pathlib.Path
) -> None:
    path.write_text(samples.snapshot("earlier").model_dump_json())
    await keeper.take_first()
    assert snapshots.read(path) == samples.snapshot("earlier")


@pytest.mark.parametrize("left", [None, "", "{}"])
@pytest.mark.usefixtures("_impatient")
async def test_without_dispatch_and_without_a_snapshot_the_worker_starts(
    left: str | None, keeper: snapshots.SnapshotKeeper, path: pathlib.Path
) -> None:
    if left is not None:
        path.write_text(left)
    await keeper.take_first()
    assert snapshots.read(path) is None


@pytest.mark.parametrize("is_out", [False, True], ids=["fresh", "of an earlier run"])
async def test_an_agent_that_cannot_work_here_keeps_the_worker_from_starting(
    is_out: bool,
    monkeypatch: pytest.MonkeyPatch,
    internal: conftest.InternalApi,
    dispatch: dispatch_client.DispatchClient,
    path: pathlib.Path,
) -> None:
    spoilt = samples.snapshot(agent_id="night-desk")
    if is_out:
        monkeypatch.setattr(snapshots, "_FIRST_S", 0.1)
        path.write_text(spoilt.model_dump_json())
    else:
        internal.answers[PLACE] = conftest.says(spoilt)
    environment = {**samples.KEYS, "OPENAI_API_KEY": ""}
    with pytest.raises(errors.ConfigurationInvalid) as refused:
        await snapshots.SnapshotKeeper(dispatch, path, environment).take_first()
    assert refused.value.problems == ("agent night-desk: openai needs OPENAI_API_KEY in the worker's environment",)


async def test_a_new_configuration_is_followed(
    internal: conftest.InternalApi, keeper: snapshots.SnapshotKeeper, path: pathlib.Path
) -> None:
    current = [samples.snapshot("1")]
    internal.answers[PLACE] = versioned(current)
    await keeper.take_first()
    current[0] = samples.snapshot("2")
    await while_running(keeper.keep_fresh(), lambda: snapshots.read(path) == samples.snapshot("2"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_configuration_that_is_known_is_neither_sent_nor_written_again(
    internal: conftest.InternalApi, keeper: snapshots.SnapshotKeeper, path: pathlib.Path
) -> None:
    internal.answers[PLACE] = versioned([samples.snapshot("1")])
    await keeper.take_first()
    written = path.stat().st_ino
    await while_running(keeper.keep_fresh(), lambda: len(internal.requests) > 3)
    assert {request.headers["If-None-Match"] for request in internal.requests[1:]} == {'"1"'}
    assert path.stat().st_ino == written


async def test_a_dispatch_that_goes_away_leaves_the_snapshot_where_it_is(
    internal: conftest.InternalApi, keeper: snapshots.SnapshotKeeper, path: pathlib.Path
) -> None:
    internal.answers[PLACE] = conftest.says(samples.snapshot(), ETag='"1"')
    await keeper.take_first()
    internal.answers[PLACE] = web.Response(status=500)
    await while_running(keeper.keep_fresh(), lambda: len(internal.requests) > 3)
    assert snapshots.read(path) == samples.snapshot()


async def test_a_snapshot_of_a_newer_dispatch_is_said_once_and_leaves_the_old_one(
    internal: conftest.InternalApi,
    keeper: snapshots.SnapshotKeeper,
    path: pathlib.Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    internal.answers[PLACE] = conftest.says(samples.snapshot(), ETag='"1"')
    await keeper.take_first()
    newer = b'{"version": "2", "of_tomorrow": true}'
    internal.answers[PLACE] = web.Response(body=newer, content_type="application/json", headers={"ETag": '"2"'})
    await while_running(keeper.keep_fresh(), lambda: len(internal.requests) > 4)
    assert told(caplog) == [
        "the routing snapshot is not brought up to date: dispatch sent something that is no Snapshot"
    ]
    assert snapshots.read(path) == samples.snapshot()


async def test_a_snapshot_that_could_not_be_written_is_fetched_again(
    internal: conftest.InternalApi,
    keeper: snapshots.SnapshotKeeper,
    path: pathlib.Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    internal.answers[PLACE] = versioned([samples.snapshot()])
    blocked = path.with_suffix(".new")
    blocked.mkdir()
    await while_running(keeper.take_first(), lambda: "it cannot be written (IsADirectoryError)" in caplog.text)
    blocked.rmdir()
    await while_running(keeper.keep_fresh(), path.exists)
    assert snapshots.read(path) == samples.snapshot()


def test_a_snapshot_of_another_version_is_not_passed_over_in_silence(
    path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert snapshots.read(path) is None
    assert told(caplog) == []
    path.write_text('{"version": "1", "of_yesterday": true}')
    assert snapshots.read(path) is None
    assert told(caplog) == ["the snapshot on disk is damaged or of another version: ValidationError"]


async def test_a_new_configuration_that_cannot_work_is_logged_and_kept(
    internal: conftest.InternalApi,
    dispatch: dispatch_client.DispatchClient,
    path: pathlib.Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    current = [samples.snapshot("1").model_copy(update={"numbers": ()})]
    internal.answers[PLACE] = versioned(current)
    keeper = snapshots.SnapshotKeeper(dispatch, path, {})
    await keeper.take_first()
    current[0] = samples.snapshot("2")
    with caplog.at_level(logging.ERROR, logger=snapshots.__name__):
        await while_running(keeper.keep_fresh(), lambda: len(told(caplog)) >= 3)
    for message, provider in zip(told(caplog), ("deepgram", "openai", "elevenlabs"), strict=True):
        assert message.startswith(
            f"the new configuration cannot work on this worker: agent front-desk: {provider} needs"
        )
    assert snapshots.read(path) == samples.snapshot("2")


def test_agents_of_a_snapshot_are_those_that_a_number_leads_to() -> None:
    assert [agent.agent_id for agent in snapshots.agents(samples.snapshot(agent_id="night-desk"))] == ["night-desk"]
    assert snapshots.agents(samples.snapshot().model_copy(update={"numbers": ()})) == []
    assert snapshots.agents(None) == []

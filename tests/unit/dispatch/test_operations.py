"""Health, readiness, metrics, and what workers report and fetch."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import socket
import sqlite3
from typing import Any

import pytest
from sqlalchemy import exc
from sqlalchemy.ext import asyncio as sa_async

from dispatch import fleet, housekeeping, keys, redis_ping
from dispatch.store import workers
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit


async def ready(service: conftest.Service) -> tuple[int, dict[str, Any]]:
    service.clock.advance(1.0)  # answers are kept for a second
    async with service.client.get("/readyz") as response:
        return response.status, await response.json()


async def test_ready_means_store_livekit_configuration_and_a_worker(service: conftest.Service) -> None:
    status, body = await ready(service)
    assert (status, body["ready"]) == (503, False)
    assert body["checks"]["workers"] == {"ok": False, "error": "no_worker"}
    await service.internal("POST", "/internal/workers", samples.report())
    status, body = await ready(service)
    assert (status, body) == (
        200,
        {
            "ready": True,
            "configurationVersion": service.app[keys.SWITCHBOARD].configuration.version,
            "checks": {name: {"ok": True, "error": None} for name in ("store", "livekit", "configuration", "workers")},
        },
    )


async def test_a_worker_that_drains_or_fell_silent_does_not_count(service: conftest.Service) -> None:
    await service.internal("POST", "/internal/workers", samples.report(accepting=False))
    assert (await ready(service))[0] == 503
    await service.internal("POST", "/internal/workers", samples.report())
    service.clock.advance(fleet.FRESH_S - 1.5)
    assert (await ready(service))[0] == 200
    assert (await ready(service))[0] == 503


async def test_a_worker_that_is_full_does_not_take_the_api_away(service: conftest.Service) -> None:
    full = samples.report(*(f"call_{number}" for number in range(8)), accepting=False)
    assert full.calls == full.max_calls
    await service.internal("POST", "/internal/workers", full)
    assert (await ready(service))[0] == 200


class NoEngine:
    """An engine of a database that cannot be opened. With a real one, the driver's thread might outlive the test."""

    def connect(self) -> sa_async.AsyncConnection:
        raise exc.OperationalError("", {}, sqlite3.OperationalError("unable to open database file"))


@pytest.fixture
def no_store(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.store, "_engine", NoEngine())


async def test_a_livekit_that_is_out_is_named(service: conftest.Service) -> None:
    service.livekit.is_out = True
    assert (await ready(service))[1]["checks"]["livekit"] == {"ok": False, "error": "livekit_unavailable"}


@pytest.mark.usefixtures("no_store")
async def test_a_store_that_is_out_is_named(service: conftest.Service) -> None:
    assert (await ready(service))[1]["checks"]["store"] == {"ok": False, "error": "store_unavailable"}


@pytest.mark.usefixtures("no_store")
async def test_a_store_that_is_out_is_503_for_clients_and_workers(service: conftest.Service) -> None:
    status, problem = await service.public("/v1/calls")
    assert (status, problem["code"]) == (503, "store_unavailable")
    status, problem = await service.internal("POST", "/internal/spool", samples.batch(samples.whole_call()))
    assert (status, problem["code"]) == (503, "store_unavailable")


async def test_many_askers_make_one_check(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    ours = service.livekit.ours

    async def count() -> Any:
        nonlocal asked
        asked += 1
        return await ours()

    monkeypatch.setattr(service.livekit, "ours", count)
    service.clock.advance(1.0)
    probes = service.app[keys.PROBES]
    await asyncio.gather(*(probes.look() for _ in range(20)))
    assert asked == 1


async def test_healthz_answers_whatever_is_out(service: conftest.Service) -> None:
    service.livekit.is_out = True
    async with service.client.get("/healthz") as response:
        assert (response.status, await response.json()) == (200, {"status": "ok"})


async def metrics(service: conftest.Service) -> str:
    async with service.client.get("/metrics") as response:
        assert response.status == 200
        return await response.text()


async def test_metrics_tell_of_calls_without_their_numbers(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    await service.deliver(samples.arrived("call_2"), spool="spool_2", room="call_2")
    await service.internal("POST", "/internal/workers", samples.report("call_2"))
    await service.app[keys.KEEPER].ensure()
    text = await metrics(service)
    for line in (
        'trunkline_calls_started_total{direction="inbound"} 2.0',
        'trunkline_calls_ended_total{reason="caller_hangup",result="success"} 1.0',
        "trunkline_calls_live 1.0",
        'trunkline_answer_seconds_bucket{le="0.5"} 1.0',
        'trunkline_turns_total{role="user"} 1.0',
        "trunkline_spool_lines_total 8.0",
        'trunkline_workers{accepting="true"} 1.0',
        "trunkline_configuration_applied 1.0",
        'trunkline_http_requests_total{method="POST",route="/internal/spool",status="200"} 2.0',
    ):
        assert line in text
    assert not re.search(r"2015550|call_0", text)


@pytest.mark.usefixtures("no_store")
async def test_metrics_are_told_even_while_the_store_is_out(service: conftest.Service) -> None:
    assert "trunkline_http_requests_total" in await metrics(service)


async def test_requests_of_strangers_do_not_make_labels(service: conftest.Service) -> None:
    for path in ("/a", "/b", "/v1/+12015550123"):
        await service.client.get(path)
    await service.client.request("BREW", "/coffee")
    text = await metrics(service)
    assert 'trunkline_http_requests_total{method="GET",route="unmatched",status="404"} 2.0' in text
    assert "BREW" not in text


async def test_the_snapshot_is_sent_once(service: conftest.Service) -> None:
    headers = {"Authorization": f"Bearer {conftest.SECRET}"}
    async with service.client.get("/internal/snapshot", headers=headers) as response:
        assert response.status == 200
        assert [number["e164"] for number in (await response.json())["numbers"]] == ["+12015550100"]
        headers["If-None-Match"] = response.headers["ETag"]
    async with service.client.get("/internal/snapshot", headers=headers) as response:
        assert (response.status, await response.text()) == (304, "")


async def test_without_live_objects_there_is_no_snapshot(service: conftest.Service) -> None:
    board = service.app[keys.SWITCHBOARD]
    board._board = dataclasses.replace(board._board, live=None)
    async with service.client.get(
        "/internal/snapshot", headers={"Authorization": f"Bearer {conftest.SECRET}"}
    ) as response:
        assert response.status == 503
        assert response.headers["Retry-After"]


async def test_a_workers_newest_report_counts(service: conftest.Service) -> None:
    for rooms in (("call_1",), ("call_1", "call_2")):
        await service.internal("POST", "/internal/workers", samples.report(*rooms))
    (worker,) = await fleet.fresh(service.store, service.clock)
    assert worker.report.rooms == ("call_1", "call_2")


async def test_housekeeping_forgets_workers_of_last_week(service: conftest.Service) -> None:
    await service.internal("POST", "/internal/workers", samples.report())
    service.clock.advance(7 * 86400)
    await service.internal("POST", "/internal/workers", samples.report(worker="AW_2"))
    await housekeeping.tidy(service.store, service.app[keys.SHELF], service.clock)
    async with service.store.reading() as tx:
        left = await workers.reported_since(tx, samples.START)
    assert [worker.report.worker_id for worker in left] == ["AW_2"]


async def answer_redis(reply: bytes) -> tuple[asyncio.Server, str, list[bytes]]:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        writer.write(reply)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, f"127.0.0.1:{server.sockets[0].getsockname()[1]}", heard


async def test_redis_is_asked_in_its_own_words() -> None:
    server, address, heard = await answer_redis(b"+OK\r\n+PONG\r\n")
    async with server:
        await redis_ping.ping(f"redis://user:p%40ss@{address}", 2.0)
    assert heard[0] == b"*3\r\n$4\r\nAUTH\r\n$4\r\nuser\r\n$4\r\np@ss\r\n"


async def test_redis_that_refuses_hangs_or_is_gone_is_unavailable() -> None:
    server, address, _ = await answer_redis(b"-NOAUTH\r\n")
    async with server:
        with pytest.raises(redis_ping.RedisUnavailable):
            await redis_ping.ping(f"redis://{address}", 2.0)
    with pytest.raises(redis_ping.RedisUnavailable):
        await redis_ping.ping(f"redis://{address}", 2.0)
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, pytest.raises(redis_ping.RedisUnavailable):
        await redis_ping.ping(f"redis://127.0.0.1:{silent.getsockname()[1]}", 0.05)

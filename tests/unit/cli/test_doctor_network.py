"""Doctor's checks of dispatch, LiveKit, SIP and clocks, against sockets on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import test_utils, web
from livekit.protocol import agent, models

from callcore import clock
from cli.diagnosing import (
    clock_offset,
    dispatch_answers,
    http_port,
    live_objects,
    livekit_answers,
    sip_port,
    surroundings,
    web_asking,
    workers_reporting,
)
from cli.diagnosing.findings import Status
from tests.unit.cli import diagnosed

pytestmark = pytest.mark.unit

READY = {"ready": True, "checks": {"store": {"ok": True, "error": None}}}
NO_WORKER = {"ready": False, "checks": {"workers": {"ok": False, "error": "no_worker"}}}
NOW = dt.datetime(2026, 3, 6, 14, 30, tzinfo=dt.UTC)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextlib.asynccontextmanager
async def serving(**pages: Handler | str) -> AsyncIterator[int]:
    """A web server with some pages; its port."""

    def text(body: str) -> Handler:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(text=body)

        return answer

    app = web.Application()
    for name, page in pages.items():
        app.router.add_get(f"/{name}", text(page) if isinstance(page, str) else page)
    async with test_utils.TestServer(app) as server:
        assert server.port is not None
        yield server.port


def with_dispatch(port: int, **changes: Any) -> surroundings.Surroundings:
    return diagnosed.around(
        dispatch=diagnosed.dispatch(trunkline_http_port=port, **changes),
        worker=diagnosed.worker(trunkline_dispatch_url=f"http://127.0.0.1:{port}"),
    )


async def test_dispatch_is_there_and_ready() -> None:
    metrics = 'trunkline_workers{accepting="true"} 2.0\ntrunkline_workers{accepting="false"} 1.0\n'
    async with serving(healthz="{}", readyz=json.dumps(READY), metrics=metrics) as port:
        around = with_dispatch(port)
        assert (await dispatch_answers.ask(around)).status is Status.OK
        assert (await dispatch_answers.ask_ready(around)).status is Status.OK
        assert (await workers_reporting.ask(around)).seen == "2 of 3 workers take calls"
        assert "dispatch itself" in (await http_port.ask(around)).seen


async def test_dispatch_is_away() -> None:
    around = with_dispatch(diagnosed.closed_port())
    gone = await dispatch_answers.ask(around)
    assert (gone.status, "trunkline dispatch" in gone.cure) == (Status.FAILED, True)
    assert (await dispatch_answers.ask_ready(around)).status is Status.SKIPPED
    assert (await workers_reporting.ask(around)).status is Status.SKIPPED
    assert "is free" in (await http_port.ask(around)).seen


async def test_dispatch_says_why_it_is_not_ready() -> None:
    async def not_ready(_: web.Request) -> web.Response:
        return web.json_response(NO_WORKER, status=503)

    async with serving(readyz=not_ready) as port:
        found = await dispatch_answers.ask_ready(with_dispatch(port))
    assert found.status is Status.FAILED
    assert "no_worker" in found.seen
    assert "start a worker" in found.cure


@pytest.mark.parametrize(
    ("metrics", "status"),
    [
        ('trunkline_workers{accepting="true"} 0.0\ntrunkline_workers{accepting="false"} 0.0\n', Status.FAILED),
        ('trunkline_workers{accepting="true"} 0.0\ntrunkline_workers{accepting="false"} 1.0\n', Status.WARNING),
        ("something_else 1\n", Status.SKIPPED),
        ('trunkline_workers{accepting="true"} NaN\n', Status.SKIPPED),
        ("{{{ nonsense", Status.SKIPPED),
    ],
)
async def test_workers(metrics: str, status: Status) -> None:
    async with serving(metrics=metrics) as port:
        assert (await workers_reporting.ask(with_dispatch(port))).status is status


async def test_another_program_has_dispatchs_port() -> None:
    async with serving(readyz="I am a wiki") as port:
        found = await http_port.ask(with_dispatch(port))
        assert found.status is Status.FAILED
        assert "TRUNKLINE_HTTP_PORT" in found.cure
        assert (await dispatch_answers.ask(with_dispatch(port))).status is Status.FAILED
    async with diagnosed.answering({b"GET": b"220 smtp ready\r\n"}) as port:
        found = await http_port.ask(with_dispatch(port))
        assert (found.status, "could not listen" in found.seen) == (Status.FAILED, True)


async def test_address_of_another_machine() -> None:
    found = await http_port.ask(with_dispatch(diagnosed.closed_port(), trunkline_http_host="192.0.2.1"))
    assert found.status is Status.FAILED
    assert "TRUNKLINE_HTTP_HOST" in found.cure


@contextlib.asynccontextmanager
async def livekit(version: str = "1.11.0", status: int = 101) -> AsyncIterator[surroundings.Surroundings]:
    """As much of livekit-server as tells its version."""

    async def register(request: web.Request) -> web.StreamResponse:
        if status != 101:
            return web.Response(status=status)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        asked = agent.WorkerMessage.FromString(await socket.receive_bytes())
        assert asked.register.agent_name == livekit_answers.AGENT_NAME
        answer = agent.RegisterWorkerResponse(worker_id="AW_1", server_info=models.ServerInfo(version=version))
        await socket.send_bytes(agent.ServerMessage(register=answer).SerializeToString())
        await socket.receive()
        return socket

    async with serving(agent=register) as port:
        yield diagnosed.around(dispatch=diagnosed.dispatch(livekit_url=f"ws://127.0.0.1:{port}"))


@pytest.mark.parametrize(
    ("version", "status", "expected", "cure"),
    [
        ("1.11.0", 101, Status.OK, ""),
        ("1.9.0", 101, Status.WARNING, "1.11.0"),
        ("", 101, Status.FAILED, "LIVEKIT_URL"),
        ("1.11.0", 401, Status.FAILED, "LIVEKIT_API_SECRET"),
        ("1.11.0", 404, Status.FAILED, "LIVEKIT_URL"),
    ],
)
async def test_livekit(version: str, status: int, expected: Status, cure: str) -> None:
    async with livekit(version, status) as around:
        found = await livekit_answers.ask(around)
    assert found.status is expected
    assert cure in found.cure


async def test_livekit_is_away() -> None:
    url = f"ws://user:hunter22@127.0.0.1:{diagnosed.closed_port()}"
    found = await livekit_answers.ask(diagnosed.around(dispatch=diagnosed.dispatch(livekit_url=url)))
    assert (found.status, "start livekit-server" in found.cure) == (Status.FAILED, True)
    assert "hunter22" not in found.seen


@pytest.mark.parametrize("url", ["ws://", "ws://[", "ws://host:port", "http://127.0.0.1:99999"])
async def test_livekit_url_that_is_none(url: str) -> None:
    around = diagnosed.around(dispatch=diagnosed.dispatch(livekit_url=url))
    assert (await livekit_answers.ask(around)).status is Status.FAILED
    assert (await clock_offset.ask(around)).status is Status.SKIPPED


async def test_livekit_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_asking, "_ASK_S", 0.05)
    async with diagnosed.answering({}) as port:
        found = await livekit_answers.ask(
            diagnosed.around(dispatch=diagnosed.dispatch(livekit_url=f"ws://127.0.0.1:{port}"))
        )
    assert found.status is Status.FAILED
    assert "does not answer within" in found.seen


@pytest.mark.parametrize(
    ("offset_s", "status"), [(0, Status.OK), (6, Status.WARNING), (-6, Status.WARNING), (61, Status.FAILED)]
)
async def test_clock(offset_s: int, status: Status) -> None:
    async def healthz(_: web.Request) -> web.Response:
        return web.Response(headers={"Date": NOW.strftime("%a, %d %b %Y %H:%M:%S GMT")})

    async with serving(healthz=healthz) as port:
        here = clock.ManualClock(wall=NOW + dt.timedelta(seconds=offset_s + 0.5))
        found = await clock_offset.ask(with_dispatch(port), here)
    assert found.status is status
    assert ("NTP" in found.cure) is (status is not Status.OK)


@contextlib.asynccontextmanager
async def sip(answer: bytes, *, over_tcp: bool = True) -> AsyncIterator[surroundings.Surroundings]:
    """Something at a SIP port."""

    class Answering(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, address: Any) -> None:
            assert data.startswith(b"OPTIONS sip:127.0.0.1:")
            if answer:
                self.transport.sendto(answer, address)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Answering, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    with socket.socket() as listener:
        if over_tcp:
            listener.bind(("127.0.0.1", port))
            listener.listen()
        try:
            yield diagnosed.around(sip_yaml=diagnosed.yaml(sip_port=port))
        finally:
            transport.close()


@pytest.mark.parametrize(
    ("answer", "over_tcp", "status"),
    [
        (b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", True, Status.OK),
        (b"SIP/2.0 200 OK\r\nServer: LiveKit\r\n\r\n", True, Status.OK),
        (b"SIP/2.0 200 OK\r\nServer: Asterisk PBX 20\r\n\r\n", True, Status.FAILED),
        (b"SIP/2.0 200 OK\r\n\r\n", False, Status.WARNING),
        (b"", True, Status.WARNING),
        (b"what?", True, Status.WARNING),
    ],
)
async def test_sip_port(answer: bytes, over_tcp: bool, status: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    if not answer.startswith(b"SIP"):
        monkeypatch.setattr(sip_port, "_ANSWER_S", 0.05)
    async with sip(answer, over_tcp=over_tcp) as around:
        found = await sip_port.ask(around)
    assert found.status is status, found
    assert bool(found.cure) is (status is not Status.OK)


async def test_nothing_takes_sip() -> None:
    found = await sip_port.ask(diagnosed.around(sip_yaml=diagnosed.yaml(sip_port=diagnosed.closed_port())))
    assert found.status is Status.WARNING
    assert "start livekit-sip" in found.cure


async def test_live_objects_without_a_configuration_are_skipped() -> None:
    for ask in (live_objects.ask_wanted, live_objects.ask_catch_all, live_objects.ask_foreign):
        assert (await ask(diagnosed.around(dispatch=diagnosed.dispatch()))).status is Status.SKIPPED

"""Readiness: each probe says yes when the service answers, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from lab.stack import probes

pytestmark = pytest.mark.integration

WAIT_S = 10.0
NEVER_S = 0.3  # long enough for several questions


async def _never(probe: Awaitable[object]) -> bool:
    try:
        async with asyncio.timeout(NEVER_S):
            await probe
    except TimeoutError:
        return True
    return False


async def test_http_probe_waits_for_200(unused_tcp_port_factory: Callable[[], int]) -> None:
    port, statuses = unused_tcp_port_factory(), [503, 503, 200]

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=statuses.pop(0))

    probe = asyncio.create_task(probes.http_ok(f"http://127.0.0.1:{port}/readyz"))
    application = web.Application()
    application.router.add_get("/readyz", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()  # only after the first question
        async with asyncio.timeout(WAIT_S):
            await probe
        assert statuses == []
    finally:
        await runner.cleanup()


async def test_redis_probe_waits_for_the_accepted_answer() -> None:
    answers = [b"-LOADING Redis is loading the dataset in memory\r\n", b"+PONG\r\n"]
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.write(answers.pop(0))
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(WAIT_S):
            await probes.redis_says("127.0.0.1", port, b"PING", lambda answer: answer == b"+PONG\r\n")
    assert asked == [b"PING\r\n", b"PING\r\n"]


class _SipServer(asyncio.DatagramProtocol):
    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.asked: list[bytes] = []

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # of UDP
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.asked.append(data)
        self._transport.sendto(self._answer, address)


async def test_sip_probe_asks_by_options_and_takes_200() -> None:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: _SipServer(b"SIP/2.0 200 OK\r\n\r\n"), local_addr=("127.0.0.1", 0)
    )
    try:
        async with asyncio.timeout(WAIT_S):
            await probes.sip_options(*transport.get_extra_info("sockname"))
        assert server.asked[0].startswith(b"OPTIONS sip:127.0.0.1:")
        assert b"\r\nCSeq: 1 OPTIONS\r\n" in server.asked[0]
    finally:
        transport.close()


async def test_sip_probe_is_not_content_with_another_answer() -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _SipServer(b"SIP/2.0 503 Service Unavailable\r\n\r\n"), local_addr=("127.0.0.1", 0)
    )
    try:
        assert await _never(probes.sip_options(*transport.get_extra_info("sockname")))
    finally:
        transport.close()


async def test_probes_wait_where_nobody_listens(unused_udp_port: int, unused_tcp_port: int) -> None:
    assert await _never(probes.sip_options("127.0.0.1", unused_udp_port))
    assert await _never(probes.redis_says("127.0.0.1", unused_tcp_port, b"PING", bool))

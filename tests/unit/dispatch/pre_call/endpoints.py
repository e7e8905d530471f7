"""An organization's own service, as a real HTTP server on loopback that does what a test wants."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import test_utils, web

from callcore import signing

SECRET = signing.Secret(b"0123456789abcdef0123456789abcdef")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclasses.dataclass
class Endpoint:
    """What it was asked, and what it answers next."""

    answer: Handler
    bodies: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    headers: list[dict[str, str]] = dataclasses.field(default_factory=list)
    ids: list[str] = dataclasses.field(default_factory=list)
    asked: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)
    url: str = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        # The clock of dispatch stands still in these tests, so the signature is checked as of its own time.
        at = dt.datetime.fromtimestamp(int(request.headers[signing.TIMESTAMP]), dt.UTC)
        self.ids.append(signing.verify(dict(request.headers), raw, (SECRET,), at))
        self.bodies.append(json.loads(raw))
        self.headers.append(dict(request.headers))
        self.asked.set()
        return await self.answer(request)


async def serve(endpoint: Endpoint) -> test_utils.TestServer:
    app = web.Application()
    app.router.add_post("/{path:.*}", endpoint.take)
    server = test_utils.TestServer(app)
    await server.start_server()
    endpoint.url = str(server.make_url("/pre-call"))
    return server


def says(content: Any, status: int = 200) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=json.dumps(content).encode(), status=status, content_type="application/json")

    return answer


def sends(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=headers)

    return answer


async def hangs(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


async def drips(request: web.Request) -> web.StreamResponse:
    """One byte at a time, for ever."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


async def resets(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def resets_once(then: Handler) -> Handler:
    """As a server does that closes a kept connection in the moment of the next request on it."""
    left = [resets]

    async def answer(request: web.Request) -> web.StreamResponse:
        return await (left.pop() if left else then)(request)

    return answer


bomb = sends(gzip.compress(b'{"a": "' + b"x" * 2_000_000 + b'"}'), headers={"Content-Encoding": "gzip"})


def held(gate: asyncio.Event, content: Any) -> Handler:
    """Answers when the gate opens."""

    async def answer(_: web.Request) -> web.Response:
        await gate.wait()
        return web.json_response(content)

    return answer

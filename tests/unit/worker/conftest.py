"""A dispatch for the worker to talk to, on a free port; each test says what it answers."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pydantic
import pytest
from aiohttp import test_utils, web

from tests.unit.worker import samples
from worker import dispatch_client

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclasses.dataclass
class InternalApi:
    """Answers by method and path; what is not set is 404. Remembers every request."""

    answers: dict[tuple[str, str], Handler | web.Response] = dataclasses.field(default_factory=dict)
    requests: list[web.Request] = dataclasses.field(default_factory=list)
    bodies: list[bytes] = dataclasses.field(default_factory=list)

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        answer = self.answers.get((request.method, request.path), web.Response(status=404))
        if isinstance(answer, web.Response):
            # A response can be sent once.
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        return await answer(request)

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(request.method, request.path) for request in self.requests]


def says(message: pydantic.BaseModel, **headers: str) -> web.Response:
    """A message as dispatch would send it."""
    return web.Response(body=message.model_dump_json().encode(), content_type="application/json", headers=headers)


async def says_nothing(_: web.Request) -> web.Response:
    """A dispatch that takes the request and hangs."""
    await asyncio.Event().wait()
    return web.Response()


@pytest.fixture
def internal() -> InternalApi:
    return InternalApi()


@pytest.fixture
async def server(internal: InternalApi) -> AsyncIterator[test_utils.TestServer]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", internal.take)
    started = test_utils.TestServer(app)
    await started.start_server()
    yield started
    await started.close()


@pytest.fixture
async def dispatch(server: test_utils.TestServer) -> AsyncIterator[dispatch_client.DispatchClient]:
    async with aiohttp.ClientSession() as http:
        yield dispatch_client.DispatchClient(http, str(server.make_url("")), samples.SECRET)

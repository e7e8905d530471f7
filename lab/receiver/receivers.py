"""The server, and what a test tells and asks it."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import datetime as dt
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Sequence

from aiohttp import web

from lab.receiver.answers import OK, Answer, Fault
from lab.receiver.requests import Request, verified

HOST = "127.0.0.1"
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_KEPT = 200_000
"""Requests; those beyond are answered 507 and not kept."""
_SHUTDOWN_S = 0.1  # what hangs would hang on
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: closing sends RST

Answerer = Callable[[Request], Answer]
Where = Callable[[Request], bool]


def _all(_: Request) -> bool:
    return True


class Receiver:
    """Endpoints by name on one port of loopback; see the package for how it is used."""

    def __init__(self, secrets: Sequence[str], port: int = 0) -> None:
        self.secrets = tuple(secrets)
        self._port = port
        self._runner: web.AppRunner | None = None
        self._requests: list[Request] = []
        self._counts: collections.Counter[str] = collections.Counter()
        self._answers: dict[str, Answerer] = {}
        self._next: collections.defaultdict[str, collections.deque[Answer]] = collections.defaultdict(collections.deque)
        self._came = asyncio.Condition()

    @property
    def address(self) -> str:
        """Host and port, as an allow list names them."""
        return f"{HOST}:{self._port}"

    def url(self, name: str) -> str:
        """Where an endpoint is."""
        return f"http://{self.address}/{name}"

    def answer(self, name: str, answer: Answer | Answerer, *, times: int | None = None) -> None:
        """Answer an endpoint's requests so from now on; with `times`, only the next so many, and then as before."""
        if times is not None:
            if not isinstance(answer, Answer):
                raise TypeError("a function answers for good")
            self._next[name].extend([answer] * times)
            return
        self._next.pop(name, None)
        self._answers[name] = (lambda _: answer) if isinstance(answer, Answer) else answer

    def reset(self) -> None:
        """Forget what came and what to answer."""
        self._requests.clear()
        self._counts.clear()
        self._answers.clear()
        self._next.clear()

    def requests(self, name: str | None = None, where: Where = _all) -> list[Request]:
        """What came so far, to one endpoint or to all, in the order of arrival."""
        return [one for one in self._requests if name in (None, one.name) and where(one)]

    async def wait(self, name: str, count: int, *, timeout: float, where: Where = _all) -> list[Request]:
        """What came to an endpoint, once it is so many at least.

        Raises:
            TimeoutError: it is fewer; the message says how many came, and how many of any kind.
        """
        found: list[Request] = []

        def is_enough() -> bool:
            found[:] = self.requests(name, where)
            return len(found) >= count

        try:
            async with asyncio.timeout(timeout), self._came:
                await self._came.wait_for(is_enough)
        except TimeoutError:
            raise TimeoutError(
                f"{len(found)} of {count} requests came to {name} in {timeout} s, beside {dict(self._counts)}"
            ) from None
        return found

    async def come_up(self) -> None:
        """Serve, on the port it had if it had one.

        Raises:
            OSError: the port is taken.
        """
        if self._runner is not None:
            return
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_post("/{name:.+}", self._receive)
        # A request whose sender is gone is over, also one that hangs.
        runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, self._port).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner, self._port = runner, runner.addresses[0][1]

    async def go_down(self) -> None:
        """Drop what is connected, and refuse connections from now on."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def _receive(self, http: web.Request) -> web.StreamResponse:
        body = await http.read()
        if len(self._requests) >= MAX_KEPT:
            return web.Response(status=507)
        request = self._keep(http, body)
        async with self._came:
            self._came.notify_all()
        return await _respond(http, self._answer_to(request))

    def _keep(self, http: web.Request, body: bytes) -> Request:
        name = http.match_info["name"]
        headers = {key.lower(): value for key, value in http.headers.items()}
        signed_with, problem = verified(self.secrets, headers, body)
        request = Request(
            number=self._counts[name],
            name=name,
            at_s=time.monotonic(),
            at=dt.datetime.now(dt.UTC),
            headers=headers,
            body=body,
            signed_with=signed_with,
            problem=problem,
        )
        self._counts[name] += 1
        self._requests.append(request)
        return request

    def _answer_to(self, request: Request) -> Answer:
        if waiting := self._next.get(request.name):
            return waiting.popleft()
        answerer = self._answers.get(request.name)
        return answerer(request) if answerer else OK


@contextlib.asynccontextmanager
async def running(secrets: Sequence[str], *, port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver, serving until the context is left; on a free port where none is named.

    Raises:
        OSError: the port is taken.
    """
    receiver = Receiver(secrets, port)
    await receiver.come_up()
    try:
        yield receiver
    finally:
        await receiver.go_down()


async def _respond(http: web.Request, answer: Answer) -> web.StreamResponse:
    await asyncio.sleep(answer.after_s)
    headers = {"Content-Type": "application/json", **answer.headers}
    if answer.fault is Fault.HANG:
        await asyncio.Event().wait()
    elif answer.fault is Fault.RESET:
        _cut(http)
    elif answer.drips_s:
        return await _drip(http, answer, headers)
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def _cut(http: web.Request) -> None:
    transport = http.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        transport.abort()


async def _drip(http: web.Request, answer: Answer, headers: dict[str, str]) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = len(answer.body)
    await response.prepare(http)
    for byte in answer.body:
        await asyncio.sleep(answer.drips_s)
        await response.write(bytes([byte]))
    return response

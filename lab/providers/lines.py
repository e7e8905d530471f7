"""Sending a service's messages, with the faults that the request is to meet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from aiohttp import web

from lab.providers import behaviours

MAX_QUEUED = 1000
"""Messages waiting for their time; a client that long behind is cut."""
SEND_S = 10.0
"""Deadline of one message; a client that reads nothing for so long is gone."""
STALL_S = 300.0
"""How long a stalled answer is held; every client gives up before."""

Message = Mapping[str, object]

_GARBAGE = '{"type": "Results", "audio": "%%%'
"""Broken off within a string: no parser takes it."""


class LineCut(Exception):
    """The connection was dropped, as the fault asked for."""


class SocketLine:
    """A WebSocket that messages go out on."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, pace: behaviours.Pace) -> None:
        self._request = request
        self._socket = socket
        self._pace = pace

    @property
    def is_stalled(self) -> bool:
        """Whether nothing is said any more."""
        return self._pace.trouble() is behaviours.FaultKind.STALL

    def begin(self) -> None:
        """To be called once the socket is open.

        Raises:
            LineCut: the fault cuts before the first message.
        """
        if self._pace.trouble() is behaviours.FaultKind.CUT:
            raise cut(self._request)

    async def send(self, message: Message) -> None:
        """Send a message; a stalled line swallows it, a closed one too.

        Raises:
            LineCut: the connection was dropped.
            TimeoutError: the client does not read.
        """
        trouble = self._pace.trouble()
        if trouble is behaviours.FaultKind.CUT:
            raise cut(self._request)
        if trouble is behaviours.FaultKind.STALL or self._socket.closed:
            return
        text = _GARBAGE if trouble is behaviours.FaultKind.GARBAGE else json.dumps(message)
        async with asyncio.timeout(SEND_S):
            await self._socket.send_str(text)
        self._pace.sent()


class Outbox:
    """Sends messages in order, each not before its time."""

    def __init__(self, line: SocketLine) -> None:
        self._line = line
        self._waiting: asyncio.Queue[tuple[float, Message | None]] = asyncio.Queue(MAX_QUEUED)

    def put(self, message: Message, delay_s: float = 0.0) -> None:
        """Send this message after the delay and after those put before.

        Raises:
            asyncio.QueueFull: too many are waiting.
        """
        self._waiting.put_nowait((asyncio.get_running_loop().time() + delay_s, message))

    def end(self) -> None:
        """Let `run` return once all that was put before is sent. Raises as `put`."""
        self._waiting.put_nowait((0.0, None))

    async def run(self) -> None:
        """Send until the end or until cancelled. Raises as `SocketLine.send`."""
        clock = asyncio.get_running_loop()
        while True:
            due, message = await self._waiting.get()
            if message is None:
                return
            await asyncio.sleep(due - clock.time())
            await self._line.send(message)


class StreamLine:
    """An HTTP response whose body goes out in pieces."""

    def __init__(self, request: web.Request, response: web.StreamResponse, pace: behaviours.Pace) -> None:
        self._request = request
        self._response = response
        self._pace = pace

    async def send(self, data: bytes, garbage: bytes) -> None:
        """Send a piece of the body, or what a garbage fault puts in its place. A stall ends with the client's patience.

        Raises:
            LineCut: the connection was dropped.
            ConnectionError: the client is gone.
        """
        match self._pace.trouble():
            case behaviours.FaultKind.CUT:
                raise cut(self._request)
            case behaviours.FaultKind.STALL:
                await asyncio.sleep(STALL_S)
                raise cut(self._request)
            case behaviours.FaultKind.GARBAGE:
                data = garbage
            case _:
                pass
        if not self._response.prepared:
            await self._response.prepare(self._request)
        await self._response.write(data)
        self._pace.sent()


def cut(request: web.Request) -> LineCut:
    """Drop the connection without a goodbye."""
    if request.transport is not None:
        request.transport.abort()
    return LineCut()

"""The session that webhooks leave by, a name server in bad hands, and somebody who counts who gets through."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import ipaddress
import itertools
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from unittest import mock

import aiohttp

from callcore import addresses
from dispatch.webhooks import faults, pools

_WITHIN_S = 5.0


class Names(aiohttp.abc.AbstractResolver):
    """Answers as it was told to; numbers as the C library does, which takes hexadecimal and octal ones."""

    def __init__(self, known: Mapping[str, list[str]]) -> None:
        self.asked: collections.Counter[str] = collections.Counter()
        self._known = known
        self._turns: dict[str, Iterator[list[str]]] = {}

    def rebind(self, name: str, *answers: list[str]) -> None:
        """Give these answers in turn, for ever."""
        self._turns[name] = itertools.cycle(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        """The addresses of a name."""
        name = host.lower().rstrip(".")
        self.asked[name] += 1
        return [_result(host, address, port) for address in self._answer(name)]

    async def close(self) -> None:
        """Nothing is held."""

    def _answer(self, name: str) -> list[str]:
        if name in self._turns:
            return next(self._turns[name])
        if name in self._known:
            return self._known[name]
        try:
            return [socket.inet_ntoa(socket.inet_aton(name))]
        except OSError:
            raise socket.gaierror(socket.EAI_NONAME, "no such name") from None


def _result(host: str, address: str, port: int) -> aiohttp.abc.ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return aiohttp.abc.ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)


class Listener:
    """Takes connections at a port, counts them, and answers each with the same words."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n") -> None:
        self.taken = 0
        self.port = 0
        self._answer = answer

    @contextlib.asynccontextmanager
    async def listening(self, hosts: Iterable[str], port: int = 0) -> AsyncIterator[Listener]:
        """At all of these addresses."""
        async with contextlib.AsyncExitStack() as stack:
            self.port = port
            for host in hosts:
                server = await asyncio.start_server(self._take, host, self.port)
                await stack.enter_async_context(server)
                self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.taken += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self._answer)
            await writer.drain()
        writer.close()


def guarded_session(names: Names, allowed: addresses.Allowed | None = None) -> aiohttp.ClientSession:
    """The one that webhooks leave by; only the name server is another."""
    with mock.patch("dispatch.webhooks.lookups.Lookups", return_value=names):
        return pools.Pool(allowed or addresses.Allowed(), None).session


def open_session(names: Names) -> aiohttp.ClientSession:
    """Without a guard: shows that those who listen would have noticed."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=names), cookie_jar=aiohttp.DummyCookieJar())


async def outcome(session: aiohttp.ClientSession, url: str, *, follow: bool = False) -> str:
    """What came of a request: `answered`, `refused` by the guard, or the class of another error."""
    try:
        timeout = aiohttp.ClientTimeout(total=_WITHIN_S)
        async with session.post(url, data=b"{}", allow_redirects=follow, timeout=timeout):
            return "answered"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return "refused" if faults.of(error) is faults.Fault.FORBIDDEN_ADDRESS else type(error).__name__


async def outcomes(session: aiohttp.ClientSession, urls: Iterable[str]) -> collections.Counter[str]:
    """What came of requests to all of these."""
    return collections.Counter([await outcome(session, url) for url in urls])


@contextlib.contextmanager
def watched_dials(is_near: Callable[[str], bool]) -> Iterator[list[str]]:
    """The addresses that this loop connects to meanwhile; those that are not near find nobody."""
    loop = asyncio.get_running_loop()
    dialed: list[str] = []
    connect = loop.sock_connect

    async def watched(sock: socket.socket, address: tuple[str, int]) -> None:
        dialed.append(address[0])
        if not is_near(address[0]):
            raise ConnectionRefusedError
        await connect(sock, address)

    loop.sock_connect = watched  # type: ignore[assignment, method-assign]
    try:
        yield dialed
    finally:
        loop.sock_connect = connect  # type: ignore[method-assign]


def is_loopback(address: str) -> bool:
    """Whether a listener of the test may be there."""
    return ipaddress.ip_address(address).is_loopback

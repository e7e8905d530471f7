"""OpenAI's client for another server than OpenAI's, with the address guard below it.

Imported where such a server is named only: it brings the transport that the client otherwise loads with its first use.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable

import httpcore2
import httpx2
import openai

from callcore import addresses

_TIMEOUT = httpx2.Timeout(connect=15.0, read=5.0, write=5.0, pool=5.0)  # these three as in the plugin's own client
_CONNECTIONS = 50
_KEEPALIVE_S = 120


def openai_client(base_url: str, key: str) -> openai.AsyncClient:
    """A client as the plugins make it for themselves, which dials the internet, and this server wherever it is.

    Raises:
        ForbiddenTarget: the URL is none that a server may have.
    """
    transport = _Transport(addresses.check_base_url(base_url))
    http = httpx2.AsyncClient(transport=transport, timeout=_TIMEOUT, follow_redirects=True, trust_env=False)
    return openai.AsyncClient(api_key=key, base_url=base_url, max_retries=0, http_client=http)


class _Transport(httpx2.AsyncHTTPTransport):
    """The usual transport, with a pool that dials by `_Backend`."""

    def __init__(self, allowed: addresses.Allowed) -> None:
        # The base class has no parameter for how to dial, and all that it does here is to make its pool.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_CONNECTIONS,
            keepalive_expiry=_KEEPALIVE_S,
            network_backend=_Backend(allowed),
        )


class _Backend(httpcore2.AnyIOBackend):
    """Looks a name up once, and connects to those of its addresses that the guard permits."""

    def __init__(self, allowed: addresses.Allowed) -> None:
        self._allowed = allowed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address that takes one.

        Raises:
            ConnectTimeout: none within `timeout` seconds.
            ConnectError: none does, none may be dialed, or the name cannot be looked up.
        """
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        permitted = self._permitted(await _look_up(host, port, deadline), port, host)
        for count, address in zip(range(len(permitted), 0, -1), permitted, strict=True):
            share = None if deadline is None else max(0.0, deadline - loop.time()) / count
            try:
                return await super().connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if count == 1:
                    raise
        raise httpcore2.ConnectError("the address may not be dialed")

    def _permitted(self, found: Iterable[str], port: int, host: str) -> list[str]:
        permitted = []
        for address in found:
            try:
                addresses.check_dial(address, port, self._allowed, name=host)
            except addresses.ForbiddenAddress:
                continue
            permitted.append(address)
        return permitted


async def _look_up(host: str, port: int, deadline: float | None) -> list[str]:
    try:
        async with asyncio.timeout_at(deadline):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError as error:
        raise httpcore2.ConnectTimeout("the look-up of the name took too long") from error
    except OSError as error:
        raise httpcore2.ConnectError("the name cannot be looked up") from error
    return list(dict.fromkeys(str(info[4][0]) for info in found))

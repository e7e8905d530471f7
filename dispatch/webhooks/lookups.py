"""Looks names up on threads of its own: names that nobody answers for keep no other part of the service waiting."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from concurrent import futures

from aiohttp import abc

_THREADS = 16  # one per name that is being looked up; a name server that is out holds one for some seconds


class Lookups(abc.AbstractResolver):
    """The system's resolver."""

    def __init__(self) -> None:
        self._threads = futures.ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook-lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[abc.ResolveResult]:
        """The addresses of a name.

        Raises:
            OSError: it cannot be looked up.
        """
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port, family)
        return [_result(host, family, proto, address) for family, _, proto, _, address in found if not _scope(address)]

    async def close(self) -> None:
        """Give up what is being looked up."""
        self._threads.shutdown(wait=False, cancel_futures=True)


_Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
_Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, _Address]


def _look_up(host: str, port: int, family: socket.AddressFamily) -> Sequence[_Found]:
    return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


def _scope(address: _Address) -> int:
    """The zone of a link-local IPv6 address: such a one is of no use beyond its own cable."""
    return address[3] if len(address) == 4 else 0


def _result(host: str, family: socket.AddressFamily, proto: int, address: _Address) -> abc.ResolveResult:
    numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return abc.ResolveResult(
        hostname=host, host=str(address[0]), port=int(address[1]), family=family, proto=proto, flags=numeric
    )

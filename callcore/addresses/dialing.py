"""The guard of every dial: it sees the address that is about to be connected to, and makes its socket or none.

A name that the operator allows must be known when its address is dialed, and a dial shows only addresses. So `Resolver`
hands addresses out as `Resolved`, texts that remember which name they were found for; the HTTP client carries them to
the socket as they are. An address without such a memory (a literal, another resolver) is judged by itself alone: what
goes wrong on the way ends in a refusal. Nothing is remembered beside the addresses, so another name that resolves to
the address of an allowed one gains nothing.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from typing import Any, Protocol

from callcore.addresses import allowing, hosts

AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]
"""Family, type, protocol, canonical name and socket address, as `socket.getaddrinfo` has them."""

Policy = allowing.Allowed | Callable[[], allowing.Allowed]
"""What is allowed, or how to learn it at each dial."""

_FAMILIES = (socket.AF_INET, socket.AF_INET6)


class ForbiddenAddress(OSError):
    """No connection may be made to this address."""

    def __init__(self) -> None:
        # Without the address, which may be private; and every one alike, so that a client that tried several
        # addresses in vain reports this very error.
        super().__init__(errno.EACCES, "the address may not be dialed")


class Resolved(str):
    """An address in the words of a resolver, and the canonical name that it was found for."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, address: str, name: str) -> Resolved:
        made = super().__new__(cls, address)
        made.name = name
        return made


class _Inner(Protocol):
    """As much of aiohttp's `AbstractResolver` as is used here."""

    async def resolve(self, host: str, port: int = ..., family: socket.AddressFamily = ...) -> list[Any]: ...

    async def close(self) -> None: ...


class Resolver:
    """Looks names up with another resolver of aiohttp's kind, and marks each address with its name."""

    def __init__(self, inner: _Inner) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[dict[str, Any]]:
        """The addresses of a name.

        Raises:
            ForbiddenAddress: it is the name of a cloud's metadata server.
            OSError: it cannot be looked up.
        """
        name = hosts.canonical(host)
        if hosts.is_metadata(name):
            raise ForbiddenAddress
        found = await self._inner.resolve(host, port, family)
        return [{**result, "host": Resolved(result["host"], name)} for result in found]

    async def close(self) -> None:
        """Close the other resolver."""
        await self._inner.close()


def check_dial(address: str, port: int, allowed: allowing.Allowed, *, name: str | None = None) -> None:
    """Look at an address just before it is connected to.

    Args:
        address: a literal.
        port: as it is dialed.
        allowed: what may be dialed besides the public internet.
        name: the host whose look-up gave the address, where one did.

    Raises:
        ForbiddenAddress: it may not be dialed, or is no literal.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        raise ForbiddenAddress from None
    if not allowed.permits(parsed, port, None if name is None else hosts.canonical(name)):
        raise ForbiddenAddress


def socket_factory(allowed: Policy) -> Callable[[AddrInfo], socket.socket]:
    """For `aiohttp.TCPConnector(socket_factory=…)`: makes sockets for permitted addresses only.

    Names of `allowed` take effect where the connector's resolver is a `Resolver`. Pooled connections are not looked at
    again: whoever changes what is allowed drops the connector.

    Returns:
        A function that raises `ForbiddenAddress` before anything is sent.
    """

    def create(info: AddrInfo) -> socket.socket:
        family, kind, protocol, _, target = info
        host, port = target[0], target[1]
        if family not in _FAMILIES:
            raise ForbiddenAddress
        policy = allowed if isinstance(allowed, allowing.Allowed) else allowed()
        check_dial(host, port, policy, name=host.name if isinstance(host, Resolved) else None)
        return socket.socket(family, kind, protocol)

    return create

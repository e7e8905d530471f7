"""What stands between `//` and `/` of a URL, read so strictly that no two readers could take it for different hosts.

A client, a resolver and a proxy each have their own idea of `0x7f.1`, `127。0。0。1` or `ⓛocalhost`. None of it is
translated here: a host is an IP address in its usual spelling, or a name in ASCII (RFC 1123 section 2.1, and the
underscore that container networks use).
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re

from callcore import errors
from callcore.addresses import ranges

_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST_NAME = 253
_MAX_PORT = 65_535
_METADATA = (
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "metadata.azure.internal",
    "metadata.tencentyun.com",
    "metadata.platformequinix.com",
    "instance-data",
    "instance-data.ec2.internal",
)
_NOT_ON_THE_INTERNET = (".localhost", ".local", ".internal", ".home.arpa")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Host:
    """A host and its port."""

    name: str | None
    """In small letters and without a dot at its end; None for an address."""
    address: ranges.Address | None
    port: int | None

    def __str__(self) -> str:
        """As it would stand in a URL."""
        host = f"[{self.address}]" if isinstance(self.address, ipaddress.IPv6Address) else self.address or self.name
        return f"{host}" if self.port is None else f"{host}:{self.port}"


def parse(text: str) -> Host:
    """`host`, `host:port`, `[v6]` or `[v6]:port`.

    Raises:
        BadInput: it is neither; the message does not show it.
    """
    match = _HOST_AND_PORT.fullmatch(text)
    if match is None:
        raise errors.BadInput("write a host with `:port` where it is not the usual one; IPv6 in brackets: `[::1]:80`")
    port = None if match["port"] is None else int(match["port"])
    if port is not None and not 0 < port <= _MAX_PORT:
        raise errors.BadInput(f"a port is a number from 1 to {_MAX_PORT}")
    if match["host"].startswith("["):
        return Host(name=None, address=_ipv6(match["host"][1:-1]), port=port)
    name = canonical(match["host"])
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return Host(name=None, address=_ipv4(name), port=port)
    if not is_name(name):
        raise errors.BadInput("write the host in ASCII: letters, digits, hyphens and dots; `xn--…` for other scripts")
    return Host(name=name, address=None, port=port)


def canonical(name: str) -> str:
    """A name as names are compared: case and one dot at its end make no difference (RFC 4343, RFC 1034 section 3.1)."""
    return name.lower().removesuffix(".") if name.isascii() else name


def is_name(name: str) -> bool:
    """Whether a canonical name can be looked up."""
    return len(name) <= _LONGEST_NAME and all(map(_LABEL.fullmatch, name.split(".")))


def is_metadata(name: str) -> bool:
    """Whether a canonical name is that of a cloud's metadata server, which hands out credentials."""
    return any(name == known or ("." in known and name.endswith(f".{known}")) for known in _METADATA)


def is_private(name: str) -> bool:
    """Whether a canonical name can be known only to this machine and its surroundings (RFC 6761, 6762, 8375)."""
    return "." not in name or name.endswith(_NOT_ON_THE_INTERNET)


def _ipv4(text: str) -> ipaddress.IPv4Address:
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        raise errors.BadInput("write an IPv4 address as four numbers without leading zeros: `192.0.2.1`") from None


def _ipv6(text: str) -> ipaddress.IPv6Address:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise errors.BadInput("what stands in brackets is no IPv6 address") from None
    if address.scope_id is not None:
        raise errors.BadInput("an IPv6 address with a zone (`%`) means something on one machine only")
    return address

"""What kind of place an IP address is: a table of our own, and every IPv4 address that hides in an IPv6 one.

The table comes first because `ipaddress.is_global` of Python 3.11 calls a multicast group, 6to4, NAT64 and a cloud's
metadata address global. Sources: the IANA registries of special-purpose addresses (RFC 6890), RFC 4291 section 2.5
(compatible and mapped), RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 5214 (ISATAP).
"""

from __future__ import annotations

import enum
import functools
import ipaddress
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Reach(enum.IntEnum):
    """Who can be there, and what it takes to be dialed; a larger one is stricter."""

    PUBLIC = 0
    """Anybody on the internet."""
    PRIVATE = 1
    """This machine or its surroundings: an allow list's name, address or network lets it through."""
    EXACT = 2
    """Link-local addresses and clouds' metadata, which hands out credentials: only an entry of the very one does."""
    NEVER = 3
    """No one host."""


_TABLE = {
    Reach.NEVER: """
        0.0.0.0/8 224.0.0.0/4 240.0.0.0/4
        ::/128 ff00::/8
    """,
    # Metadata of AWS, Azure, Google, Oracle, Alibaba and Tencent: some stand among public addresses.
    Reach.EXACT: """
        169.254.0.0/16 168.63.129.16/32 100.100.100.200/32 192.0.0.192/32
        fe80::/10 fd00:ec2::254/128 fd00:ec2::23/128 fd20:ce::254/128
    """,
    # All of IPv6 but 2000::/3 is unassigned, or not for the internet.
    Reach.PRIVATE: """
        10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16
        198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
        ::/3 4000::/2 8000::/1 2001::/23 2001:db8::/32 2002::/16 3fff::/20
    """,
}
_BY_REACH: tuple[tuple[Network, Reach], ...] = tuple(
    (ipaddress.ip_network(text), reach) for reach, texts in _TABLE.items() for text in texts.split()
)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_LAST_32_BITS = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
_6TO4 = ipaddress.IPv6Network("2002::/16")
_TEREDO = ipaddress.IPv6Network("2001::/32")
_ISATAP = (0x00005EFE, 0x02005EFE)
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")


@functools.lru_cache(maxsize=1024)
def reach(address: Address) -> Reach:
    """The strictest of what an address is, without the addresses that it holds."""
    for network, found in _BY_REACH:
        if address in network:
            return found
    return Reach.PUBLIC if address.is_global else Reach.PRIVATE


def views(address: Address) -> Iterator[Address]:
    """An address, and each IPv4 address to which a router or this machine could pass on what is sent to it."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        yield from _embedded(address)


def is_mapped(network: Network) -> bool:
    """Whether a network is made of IPv4 addresses in IPv6 clothing."""
    return isinstance(network, ipaddress.IPv6Network) and network.overlaps(_MAPPED)


def overlapping(network: Network, at_least: Reach) -> bool:
    """Whether some of a network's addresses are as strict as that."""
    return any(
        found >= at_least and other.version == network.version and network.overlaps(other) for other, found in _BY_REACH
    )


def within(network: Network, exactly: Reach) -> bool:
    """Whether one range of this kind holds a whole network."""
    return any(
        found is exactly and other.version == network.version and other.supernet_of(network)  # type: ignore[arg-type]
        for other, found in _BY_REACH
    )


def _embedded(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    bits = int(address)
    if any(address in network for network in _LAST_32_BITS):
        # `::` and `::1` have meanings of their own.
        if bits >> 24:
            yield _ipv4(bits)
    elif address in _LOCAL_NAT64:
        # The operator's prefix may be longer than 48 bits: the places of RFC 6052 section 2.2 that it leaves empty read
        # as 0.x.x.x.
        after_48 = (bits >> 48 & 0xFFFF0000) | (bits >> 40 & 0x0000FFFF)
        after_56 = (bits >> 40 & 0xFF000000) | (bits >> 32 & 0x00FFFFFF)
        places = (after_48, after_56, bits >> 24, bits)
        yield from (found for place in places if (found := _ipv4(place)) not in _THIS_NETWORK)
    elif address in _6TO4:
        yield _ipv4(bits >> 80)
    elif address in _TEREDO:
        yield _ipv4(bits >> 64)  # the server
        yield _ipv4(~bits)  # the client, with its bits inverted
    if bits >> 32 & 0xFFFFFFFF in _ISATAP:
        yield _ipv4(bits)


def _ipv4(bits: int) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(bits & 0xFFFFFFFF)

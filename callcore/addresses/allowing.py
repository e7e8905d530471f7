"""What an operator lets requests go to beyond the internet: hosts, addresses and networks, at one port or all."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Iterable
from typing import Self

from callcore import errors
from callcore.addresses import hosts, ranges

_BRACKETED = re.compile(r"\[([0-9a-fA-F:./]+)\](?::([0-9]{1,5}))?")
_HINT = "write a host, an address or a network, such as `n8n:5678`, `10.0.5.7:8080`, `10.0.5.0/24` or `[fd00::7]:80`"

_WIDEST = {4: 8, 6: 7}
"""Length of the prefix of the largest private network, `10.0.0.0/8` and `fc00::/7`, by version of IP."""

_Names = frozenset[tuple[str, int | None]]
_Networks = tuple[tuple[ranges.Network, int | None], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Allowed:
    """Names and networks with the port that is meant, None for every port.

    A name lets through whatever it is resolved to, at the moment of the dial and for that name only; a network lets
    through its addresses, by whatever name they are reached. Neither lets through link-local addresses and clouds'
    metadata (`ranges.Reach.EXACT`): only an entry of the very address does, and only what `parse` reads.
    """

    names: _Names = frozenset()
    networks: _Networks = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """From `host[:port]`, `address[:port]`, `network[:port]`; IPv6 with a port in brackets.

        Raises:
            BadInput: an entry is none of these, or names what no request may go to.
        """
        names, networks = set(), []
        for entry in entries:
            read = _entry(entry.strip())
            if isinstance(read, hosts.Host):
                names.add((read.name or "", read.port))
            else:
                networks.append(read)
        return cls(names=frozenset(names), networks=tuple(networks))

    @classmethod
    def only(cls, host: hosts.Host, port: int) -> Self:
        """One host at one port, because the operator's own file names it."""
        if host.address is None:
            return cls(names=frozenset({(host.name or "", port)}))
        return cls(networks=((ipaddress.ip_network(host.address), port),))

    def has_name(self, name: str | None, port: int) -> bool:
        """Whether a canonical name is an entry."""
        return name is not None and not self.names.isdisjoint({(name, port), (name, None)})

    def has_address(self, address: ranges.Address, port: int) -> bool:
        """Whether an address is an entry, or in a network that is one; without those that it holds."""
        exactly = ranges.reach(address) is ranges.Reach.EXACT
        return any(
            address in network and (only is None or only == port) and (not exactly or network.num_addresses == 1)
            for network, only in self.networks
        )

    def permits(self, address: ranges.Address, port: int, name: str | None = None) -> bool:
        """Whether an address may be dialed.

        Args:
            address: as it is dialed.
            port: as well.
            name: the canonical name that this dial resolved to the address, where it did.
        """
        named = self.has_name(name, port)
        return all(self._permits(view, port, named) for view in ranges.views(address))

    def _permits(self, view: ranges.Address, port: int, named: bool) -> bool:
        match ranges.reach(view):
            case ranges.Reach.PUBLIC:
                return True
            case ranges.Reach.PRIVATE:
                return named or self.has_address(view, port)
            case ranges.Reach.EXACT:
                return self.has_address(view, port)
            case ranges.Reach.NEVER:
                return False


def _entry(text: str) -> hosts.Host | tuple[ranges.Network, int | None]:
    if "://" in text or "@" in text:
        raise errors.BadInput(f"{_HINT}; neither a scheme nor credentials")
    if match := _BRACKETED.fullmatch(text):
        return _network(match[1]), _port(match[2])
    if text.count(":") > 1:
        return _network(text), None
    if "/" in text:
        network, colon, port = text.partition(":")
        return _network(network), _port(port if colon else None)
    host = hosts.parse(text)
    if host.address is not None:
        return _network(str(host.address)), host.port
    if hosts.is_metadata(host.name or ""):
        raise errors.BadInput(
            "this is a cloud's metadata server, which hands out credentials: nothing may be sent there"
        )
    return host


def _network(text: str) -> ranges.Network:
    if "%" in text:
        raise errors.BadInput("an IPv6 address with a zone (`%`) means something on one machine only")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise errors.BadInput(_HINT) from None
    if "/" in text and str(network.network_address) != str(ipaddress.ip_address(text.partition("/")[0])):
        raise errors.BadInput(f"an address within a network: write `{network}`, or the address alone")
    if ranges.overlapping(network, ranges.Reach.NEVER):
        raise errors.BadInput("this holds addresses of no one host (unspecified, multicast or reserved): name less")
    if ranges.is_mapped(network):
        raise errors.BadInput("write addresses of IPv4 as such, without `::ffff:`")
    if network.prefixlen < _WIDEST[network.version]:
        raise errors.BadInput("this is wider than any private network: name less")
    if network.num_addresses > 1 and ranges.within(network, ranges.Reach.EXACT):
        raise errors.BadInput("link-local addresses are let through one by one only: name the address")
    return network


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    return hosts.parse(f"port:{text}").port

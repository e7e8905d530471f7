"""URLs that must lead nowhere, in every spelling, and their neighbours on the internet, which must not be refused.

The ranges are written out once more, by hand: a mistake in the guard's own table shall not hide itself.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterator, Mapping

V4_RANGES = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
]
V6_RANGES = [
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "4000::/3",
    "8000::/3",
]
METADATA = ["169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "169.254.170.2", "fd00:ec2::254"]
METADATA_NAMES = [
    "metadata.google.internal",
    "METADATA.Google.Internal.",
    "metadata",
    "x.metadata.google.internal",
    "instance-data.ec2.internal",
]
LOCAL_NAMES = ["localhost", "LOCALHOST.", "a.localhost", "n8n", "db.internal", "printer.local", "router.home.arpa"]
ALIKE_NAMES = [
    "127.0.0.1.example.com",
    "10.0.0.1.example.com",
    "localhost.example.com",
    "metadata.google.internal.example.com",
    "metadata.example.com",
    "internal.example.com",
    "local.example.com",
    "instance-data.example.com",
    "169-254-169-254.example.com",
    "0x7f000001.example.com",
    "xn--bcher-kva.example.com",
    "n8n.example.com",
    "HOOKS.example.com",
    "hooks.example.com.",
    "a_b.example.com",
    "1e100.example",
]
PUBLIC = "8.8.4.4"


def forbidden(port: str = "") -> Iterator[str]:
    """URLs that no webhook may go to; names among them are in `answers`. `port` is `:n`, or nothing."""
    for address in _inside_v4():
        yield from (f"http://{host}{port}/hook" for host in _spellings(address))
    for v6 in _inside_v6():
        yield f"http://[{v6}]{port}/hook"
        yield f"http://[{v6.exploded}]{port}/hook"
    yield from (f"http://{name}{port}/hook" for name in (*METADATA_NAMES, *LOCAL_NAMES))
    yield from (f"http://{name}{port}/hook" for name, _ in _private_names())
    yield from (f"http://{_host(ipaddress.ip_address(text))}{port}/" for text in METADATA)
    for text in ("127.0.0.1", "10.0.0.1"):
        yield f"http://example.com@{text}{port}/"
        yield f"http://example.com:80@{text}{port}/"
        yield f"http://{text}{port}\\@example.com/"
        yield f"http://{text}{port}#@example.com/"
        yield f"http://{text}{port}?@example.com/"
    yield f"http://ⓛocalhost{port}/"
    yield f"http://ｌｏｃａｌｈｏｓｔ{port}/"
    yield f"http://127.1{port}/"
    yield f"http://[::1%25lo]{port}/"
    yield f"http://127.0.0.1%2f@example.com{port}/"


def answers() -> Mapping[str, list[str]]:
    """What a name server in the hands of somebody else says to the names in the URLs."""
    private = dict(_private_names())
    known = [*METADATA_NAMES, *LOCAL_NAMES]
    alike = dict(_public_names())
    return {
        **{name.lower().rstrip("."): ["127.0.0.1", "::1"] for name in known},
        **{name: [address] for name, address in private.items()},
        **{name.lower().rstrip("."): [address] for name, address in alike.items()},
    }


def public(scheme: str = "https", port: str = "") -> Iterator[str]:
    """URLs that look much like those, and lead to the internet."""
    for address in neighbours():
        yield f"{scheme}://{_host(address)}{port}/hook?to=127.0.0.1"
    yield from (f"{scheme}://{name}{port}/hook" for name, _ in _public_names())


def neighbours() -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses next to each range, as far as they are on the internet, and some known ones."""
    v4, v6 = ([ipaddress.ip_network(text) for text in ranges] for ranges in (V4_RANGES, V6_RANGES))
    refused = [*v4, *v6, *(ipaddress.ip_network(text) for text in METADATA)]
    for network in refused:
        for number in (int(network.network_address) - 1, int(network.broadcast_address) + 1):
            if 0 < number < 2**network.max_prefixlen:
                address = ipaddress.IPv4Address(number) if network.version == 4 else ipaddress.IPv6Address(number)
                is_unicast = network.version == 4 or number >> 125 == 1  # 2000::/3
                if is_unicast and not any(address in other for other in refused if other.version == address.version):
                    yield address
    known = ["1.1.1.1", "8.8.8.8", "9.9.9.9", "172.217.16.14", "2606:4700:4700::1111", "2001:4860:4860::8888"]
    yield from map(ipaddress.ip_address, known)
    yield from map(
        ipaddress.ip_address, ("2a00:1450::1", "2620:fe::fe", "2400:cb00::1", "2803:f800::1", "2c0f:f248::1")
    )


def _public_names() -> Iterator[tuple[str, str]]:
    yield from ((name, PUBLIC) for name in ALIKE_NAMES)
    yield from ((f"alike-{number}.example.com", str(address)) for number, address in enumerate(neighbours()))


def _private_names() -> Iterator[tuple[str, str]]:
    """Names of somebody else's domain that lead into each range."""
    for number, address in enumerate(itertools.chain(_inside_v4(), _inside_v6())):
        yield f"inside-{number}.example.com", str(address)


def _inside_v4() -> Iterator[ipaddress.IPv4Address]:
    for text in V4_RANGES:
        network = ipaddress.IPv4Network(text)
        yield network[0] if text.startswith(("0.", "10.")) else network[1]
        yield network[-2]
    yield ipaddress.IPv4Address("169.254.169.254")


def _inside_v6() -> Iterator[ipaddress.IPv6Address]:
    for text in V6_RANGES:
        network = ipaddress.IPv6Network(text)
        yield network[1]
        yield network[-1]
    yield ipaddress.IPv6Address("fd00:ec2::254")


def _spellings(address: ipaddress.IPv4Address) -> Iterator[str]:
    """One IPv4 address in every dress that some reader undoes."""
    parts, number = str(address).split("."), int(address)
    high, low = number >> 16, number & 0xFFFF
    yield str(address)
    yield f"{address}."
    yield f"0x{number:08x}"
    yield f"{number}"
    yield ".".join(f"0{int(part):o}" for part in parts)
    yield ".".join(f"0x{int(part):x}" for part in parts)
    yield "。".join(parts)
    yield str(address).translate({ord(digit): 0xFF10 + int(digit) for digit in "0123456789"})
    yield f"[::ffff:{address}]"
    yield f"[::ffff:{high:x}:{low:x}]"
    yield f"[::{address}]"
    yield f"[::ffff:0:{address}]"
    yield f"[64:ff9b::{address}]"
    yield f"[64:ff9b:1::{high:x}:{low:x}]"
    yield f"[2002:{high:x}:{low:x}::1]"
    yield f"[2001:0:808:808::{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}]"
    yield f"[2606:4700::5efe:{high:x}:{low:x}]"


def _host(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)

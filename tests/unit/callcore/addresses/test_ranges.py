"""What kind of place an address is, with all that hides in it."""

from __future__ import annotations

import ipaddress

import pytest

from callcore.addresses import ranges
from tests.unit.callcore.addresses import corpus

pytestmark = pytest.mark.unit

Reach = ranges.Reach


@pytest.mark.parametrize("text", [*corpus.V4_RANGES, *corpus.V6_RANGES])
def test_no_end_of_a_range_is_on_the_internet(text: str) -> None:
    network = ipaddress.ip_network(text)
    for address in (network[0], network[1], network[-2], network[-1]):
        assert ranges.reach(address) > Reach.PUBLIC


def test_what_python_calls_global_and_is_not() -> None:
    """Python 3.11 says `is_global` of each."""
    for text in ("224.0.0.1", "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::", "3fff::1", "5f00::1", "168.63.129.16"):
        assert ranges.reach(ipaddress.ip_address(text)) > Reach.PUBLIC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8.8.8.8", Reach.PUBLIC),
        ("2606:4700::1111", Reach.PUBLIC),
        ("10.0.0.1", Reach.PRIVATE),
        ("::1", Reach.PRIVATE),
        ("fd00::1", Reach.PRIVATE),
        ("fec0::1", Reach.PRIVATE),
        ("169.254.1.1", Reach.EXACT),
        ("fe80::1%eth0", Reach.EXACT),
        ("fd00:ec2::254", Reach.EXACT),
        ("192.0.0.192", Reach.EXACT),
        ("0.0.0.0", Reach.NEVER),  # noqa: S104
        ("::", Reach.NEVER),
        ("255.255.255.255", Reach.NEVER),
        ("ff02::1", Reach.NEVER),
    ],
)
def test_reach(text: str, expected: Reach) -> None:
    assert ranges.reach(ipaddress.ip_address(text)) is expected


@pytest.mark.parametrize(
    "text",
    [
        "::ffff:10.1.2.3",
        "::10.1.2.3",
        "::ffff:0:10.1.2.3",
        "64:ff9b::10.1.2.3",
        "64:ff9b:1:0a01:2:300::",  # RFC 6052 section 2.2: a prefix of 48 bits
        "64:ff9b:1:000a:1:203::",  # of 56
        "64:ff9b:1:0:a:102:300:0",  # of 64
        "64:ff9b:1::10.1.2.3",  # of 96
        "2002:a01:203::1",
        "2001:0:a01:203::1",  # Teredo, the server
        "2001:0:808:808:0:0:f5fe:fdfc",  # Teredo, the client, inverted
        "2606:4700::5efe:10.1.2.3",
        "2606:4700::200:5efe:10.1.2.3",
    ],
)
def test_an_ipv4_address_is_seen_in_every_dress(text: str) -> None:
    address = ipaddress.ip_address(text)
    assert ipaddress.ip_address("10.1.2.3") in list(ranges.views(address))


@pytest.mark.parametrize("text", ["::", "::1", "10.1.2.3", "2606:4700::1111", "fd00::a01:203"])
def test_where_nothing_hides_nothing_is_seen(text: str) -> None:
    assert list(ranges.views(ipaddress.ip_address(text))) == [ipaddress.ip_address(text)]

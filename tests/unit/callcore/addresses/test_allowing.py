"""What an operator may let through, and how it is written."""

from __future__ import annotations

import ipaddress

import pytest

from callcore import addresses, errors

pytestmark = pytest.mark.unit


def permits(entries: list[str], address: str, port: int, name: str | None = None) -> bool:
    return addresses.Allowed.parse(entries).permits(ipaddress.ip_address(address), port, name)


@pytest.mark.parametrize(
    ("entry", "address", "port", "name"),
    [
        ("n8n:5678", "10.0.0.1", 5678, "n8n"),
        ("N8N.:5678", "10.0.0.1", 5678, "n8n"),
        ("n8n", "127.0.0.1", 1, "n8n"),
        ("n8n:5678", "64:ff9b::10.0.0.1", 5678, "n8n"),
        (" my_app:80 ", "172.17.0.3", 80, "my_app"),
        ("10.0.5.0/24", "10.0.5.9", 443, None),
        ("10.0.5.0/24:8080", "10.0.5.9", 8080, "any.example.com"),
        ("10.0.5.7", "10.0.5.7", 9, None),
        ("[fd00::7]:80", "fd00::7", 80, None),
        ("[fd00::7]", "fd00::7", 81, None),
        ("fd00::7", "fd00::7", 81, None),
        ("fd00::/8", "fd00::7", 81, None),
        ("[fd00::/8]:80", "fd00::7", 80, None),
        ("169.254.169.254:80", "169.254.169.254", 80, None),
        ("100.100.100.200", "100.100.100.200", 80, None),
    ],
)
def test_an_entry_lets_through(entry: str, address: str, port: int, name: str | None) -> None:
    assert permits([entry], address, port, name)


@pytest.mark.parametrize(
    ("entry", "address", "port", "name"),
    [
        ("n8n:5678", "10.0.0.1", 5679, "n8n"),
        ("n8n:5678", "10.0.0.1", 5678, None),
        ("n8n:5678", "10.0.0.1", 5678, "n8n.example.com"),
        ("n8n:5678", "10.0.0.1", 5678, "xn8n"),
        ("n8n", "169.254.169.254", 80, "n8n"),
        ("n8n", "64:ff9b::169.254.169.254", 80, "n8n"),
        ("n8n", "0.0.0.0", 80, "n8n"),  # noqa: S104
        ("n8n", "224.0.0.1", 80, "n8n"),
        ("10.0.5.0/24:8080", "10.0.5.9", 8081, None),
        ("10.0.5.0/24", "10.0.6.1", 80, None),
        ("10.0.5.0/24", "::ffff:10.0.5.1", 80, None),
        ("64:ff9b::/96", "64:ff9b::10.0.0.1", 80, None),
        ("100.64.0.0/10", "100.100.100.200", 80, None),
        ("fd00::/8", "fd00:ec2::254", 80, None),
        ("169.254.169.254:80", "169.254.169.254", 81, None),
    ],
)
def test_an_entry_lets_nothing_else_through(entry: str, address: str, port: int, name: str | None) -> None:
    assert not permits([entry], address, port, name)


def test_nat64_is_allowed_with_what_lies_behind_it() -> None:
    assert permits(["64:ff9b::/96"], "64:ff9b::8.8.8.8", 443)
    assert permits(["64:ff9b::/96", "10.0.0.0/8"], "64:ff9b::10.0.0.1", 443)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("", "letters"),
        ("http://n8n:5678", "neither a scheme"),
        ("me@n8n:5678", "neither a scheme"),
        ("n8n:5678/hook", "such as `n8n:5678`"),
        ("n8n:", "write a host"),
        ("n8n:0", "from 1 to 65535"),
        ("n8n:65536", "from 1 to 65535"),
        ("n8n:http", "write a host"),
        ("*.example.com", "letters"),
        ("bücher.example", "xn--"),
        ("n8n n8m", "letters"),
        ("10.0.5.7/24", "write `10.0.5.0/24`"),
        ("10.0.5.0/33", "such as"),
        ("10.0.5.0/24:0", "from 1 to 65535"),
        ("10.0.5.0/24:x", "write a host"),
        ("10.0.5", "four numbers"),
        ("0x0a000507", "four numbers"),
        ("012.0.0.1", "four numbers"),
        ("0.0.0.0/0", "no one host"),
        ("::/0", "no one host"),
        ("224.0.0.1", "no one host"),
        ("169.254.0.0/16", "one by one"),
        ("169.254.169.254/31", "one by one"),
        ("fe80::/64", "one by one"),
        ("fd00::7%eth0", "a zone"),
        ("128.0.0.0/2", "wider than"),
        ("2000::/3", "wider than"),
        ("::ffff:10.0.0.0/104", "without `::ffff:`"),
        ("[fd00::7]:", "write a host"),
        ("[fd00::7%eth0]:80", "a zone"),
        ("fd00:::7", "such as"),
        ("metadata.google.internal", "credentials"),
        ("METADATA.:80", "credentials"),
    ],
)
def test_a_slip_of_the_pen_is_told(entry: str, said: str) -> None:
    with pytest.raises(errors.BadInput, match=said.replace(".", r"\.").replace("*", r"\*")):
        addresses.Allowed.parse(["n8n", entry])

"""Ports for a lab: free, apart from other labs', and enough for its calls."""

from __future__ import annotations

import dataclasses
import socket

import pytest

from lab.stack import errors, ports

pytestmark = pytest.mark.unit


def _all(claim: ports.Ports) -> list[int]:
    values = dataclasses.asdict(claim)
    rtp = values.pop("rtp")
    return [*values.values(), *rtp]


def test_ports_of_a_claim_are_distinct_and_free() -> None:
    with ports.claimed(10) as (claim, _):
        assert len(set(_all(claim))) == len(_all(claim))
        assert all(ports.is_free(port) for port in _all(claim))


def test_ports_lie_below_those_of_outgoing_connections() -> None:
    with ports.claimed(10) as (claim, _):
        assert min(_all(claim)) >= 10_240
        assert max(_all(claim)) < 32_768


def test_two_labs_never_share_a_port() -> None:
    with ports.claimed(10) as (one, _), ports.claimed(10) as (other, _):
        assert not set(_all(one)) & set(_all(other))


def test_claim_ends_with_the_lab() -> None:
    with ports.claimed(10) as (_, held):
        anchors = [socket.socket(fileno=descriptor) for descriptor in held]
        addresses = [anchor.getsockname() for anchor in anchors]
        for anchor in anchors:
            anchor.detach()
    for address in addresses:
        with socket.socket() as again:
            again.bind(address)


@pytest.mark.parametrize("max_calls", [1, 10, 60, 500])
def test_rtp_range_holds_two_ports_per_leg_and_as_many_draining(max_calls: int) -> None:
    with ports.claimed(max_calls) as (claim, _):
        assert len(claim.rtp) >= max(200, max_calls * 2 * 2 * 2)


def test_more_calls_than_ports_is_refused() -> None:
    with pytest.raises(errors.PortTaken, match="need more RTP ports"), ports.claimed(100_000):
        pass


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_port_in_use_is_not_free(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        assert not ports.is_free(taken.getsockname()[1])


def test_asked_for_ports_are_used() -> None:
    with ports.claimed(10) as (free, _):
        wanted = free.rtp[:2]
    with ports.claimed(10, sip_port=wanted[0], http_port=wanted[1]) as (claim, _):
        assert (claim.sip, claim.http) == tuple(wanted)


@pytest.mark.parametrize(("option", "name"), [("sip_port", "SIP"), ("http_port", "HTTP")])
def test_asked_for_port_in_use_is_named(option: str, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        wanted = {option: port}
        with (
            pytest.raises(errors.PortTaken, match=f"port {port}, asked for as the {name} port, is in use"),
            ports.claimed(10, sip_port=wanted.get("sip_port"), http_port=wanted.get("http_port")),
        ):
            pass

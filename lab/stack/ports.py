"""Ports for a lab: taken where neither other labs nor the system's own choices can come in between.

A lab claims a run of whole cells below the range that Linux gives to outgoing connections (32768 and up, see
`ip_local_port_range` in ip(7)), and holds a bound, never listening socket on the first port of each cell for as long as
any of its processes may live. A port of a claim can then only be lost to a foreign server that starts at that moment.
"""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.stack import errors

LOOPBACK = "127.0.0.1"
CELL = 256  # ports
CELLS = range(40, 127)  # of CELL ports each: 10240 up to 32511
SERVICE_PORTS = 15  # of a claim, after its anchor; the other ports are for RTP
PORTS_PER_CALL = 8  # two legs (a transfer has two), two UDP ports each, as many again still draining for 30 s
LEAST_RTP_PORTS = 200


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where each component listens."""

    redis: int
    livekit: int
    livekit_udp: int
    sip: int
    http: int
    rtp: range


def rtp_ports(max_calls: int) -> int:
    """How many RTP ports livekit-sip needs for that many calls at once."""
    return max(LEAST_RTP_PORTS, PORTS_PER_CALL * max_calls)


@contextlib.contextmanager
def claimed(
    max_calls: int, *, sip_port: int | None = None, http_port: int | None = None
) -> Iterator[tuple[Ports, Sequence[int]]]:
    """Ports for one lab, and the descriptors of the open sockets that hold them.

    Args:
        max_calls: at once; sizes the RTP range.
        sip_port: to be used for SIP, instead of a free one.
        http_port: to be used for dispatch, instead of a free one.

    Raises:
        PortTaken: an asked-for port is in use, or no run of ports is free.
    """
    for name, port in (("SIP", sip_port), ("HTTP", http_port)):
        if port is not None and not is_free(port):
            raise errors.PortTaken(f"port {port}, asked for as the {name} port, is in use")
    cells = -(-(1 + SERVICE_PORTS + rtp_ports(max_calls)) // CELL)
    if cells > len(CELLS):
        raise errors.PortTaken(f"{max_calls} calls at once need more RTP ports than there are")
    starts = list(CELLS[: len(CELLS) - cells + 1])
    random.shuffle(starts)  # labs that start together should not all try the same cells
    for start in starts:
        first, last = start * CELL + 1, (start + cells) * CELL - 1
        if not all(is_free(port) for port in range(first - 1, last + 1)):
            continue
        with contextlib.ExitStack() as anchors:
            held = [anchors.enter_context(contextlib.closing(_anchor((start + n) * CELL))) for n in range(cells)]
            if all(anchor.fileno() >= 0 for anchor in held):
                yield _lay_out(first, last, sip_port, http_port), [anchor.fileno() for anchor in held]
                return
    raise errors.PortTaken("no free run of ports between 10240 and 32511 is left on this machine")


def is_free(port: int) -> bool:
    """Whether nobody listens there, on any address, by TCP or UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections in TIME_WAIT do not matter
            try:
                probe.bind(("0.0.0.0", port))  # noqa: S104 - a probe that never listens
            except OSError:
                return False
    return True


def _anchor(port: int) -> socket.socket:
    """A socket bound to the port, or a closed one where another lab holds it."""
    anchor = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        anchor.bind((LOOPBACK, port))
    except OSError:
        anchor.close()
    return anchor


def _lay_out(first: int, last: int, sip_port: int | None, http_port: int | None) -> Ports:
    return Ports(
        redis=first,
        livekit=first + 1,
        livekit_udp=first + 2,
        sip=sip_port or first + 3,
        http=http_port or first + 4,
        rtp=range(first + SERVICE_PORTS, last + 1),
    )

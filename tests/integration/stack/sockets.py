"""The sockets of a process, from /proc: where it listens."""

from __future__ import annotations

import ipaddress
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TCP_LISTEN = "0A"  # the states of proc_pid_net(5), those of the kernel's enum
UDP_UNCONNECTED = "07"


@dataclass(frozen=True)
class Listener:
    protocol: str
    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int


def listeners(pid: int) -> list[Listener]:
    """Where a process waits for connections or datagrams."""
    inodes = set(_inodes(pid))
    return [listener for inode, listener in _all() if inode in inodes]


def _inodes(pid: int) -> Iterator[str]:
    folder = Path(f"/proc/{pid}/fd")
    for descriptor in folder.iterdir():
        try:
            target = os.readlink(descriptor)
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            yield target.removeprefix("socket:[").removesuffix("]")


def _all() -> Iterator[tuple[str, Listener]]:
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] in (TCP_LISTEN, UDP_UNCONNECTED):
                address, port = fields[1].split(":")
                yield fields[9], Listener(protocol.removesuffix("6"), _address(address), int(port, 16))


def _address(digits: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    # Groups of four bytes, each in the machine's byte order.
    groups = struct.unpack(f">{len(digits) // 8}I", bytes.fromhex(digits))
    return ipaddress.ip_address(struct.pack(f"={len(groups)}I", *groups))

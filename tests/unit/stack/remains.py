"""What is left of a lab: processes, listening ports, its folder."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

GONE_S = 10.0  # the keeper's own limit for killing what is left


async def until(condition: Callable[[], bool], within_s: float = GONE_S) -> bool:
    """Whether the condition comes true in time."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


def alive(pids: Iterable[int]) -> list[int]:
    """Those that exist and are not zombies."""
    return [pid for pid in pids if _state(pid) not in (None, "Z")]


def listening(port: int) -> bool:
    """Whether something takes TCP connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def nothing_of(pids: Iterable[int], ports: Iterable[int], folder: Path) -> bool:
    return not alive(pids) and not any(map(listening, ports)) and not folder.exists()


def children_of(parent: int) -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdecimal() and _parent(int(entry)) == parent]


def _state(pid: int) -> str | None:
    fields = _stat(pid)
    return fields[0] if fields else None


def _parent(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[1]) if fields else None


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []

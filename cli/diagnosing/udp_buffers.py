"""Does the kernel allow buffers that hold media over a hiccup?"""

from __future__ import annotations

import pathlib

from cli.diagnosing import findings, surroundings

_FILE = pathlib.Path("/proc/sys/net/core/rmem_max")
_WANTED = 5_000_000  # what livekit-server asks for; it logs a warning below


async def ask(_: surroundings.Surroundings) -> findings.Finding:
    """`net.core.rmem_max`."""
    return look(_FILE)


def look(file: pathlib.Path) -> findings.Finding:
    """The limit in a file of /proc."""
    try:
        limit = int(file.read_text())
    except (OSError, ValueError):
        return findings.skipped("this system does not tell")
    if limit < _WANTED:
        return findings.warning(
            f"net.core.rmem_max is {limit}; livekit-server wants {_WANTED}",
            f"`sysctl -w net.core.rmem_max={_WANTED}`, and the same line in /etc/sysctl.d",
        )
    return findings.ok(f"net.core.rmem_max is {limit}")

"""May a process here open enough files and sockets?"""

from __future__ import annotations

import resource

from cli.diagnosing import findings, surroundings

_BASE = 256  # libraries, the database, connections between the processes
_PER_CALL = 16  # livekit-sip's sockets for one call, and as many again for its way into the room


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """The soft limit of this shell; a service manager may give its services another."""
    if around.worker is None:
        return findings.skipped("the worker's settings are not valid")
    return judge(resource.getrlimit(resource.RLIMIT_NOFILE)[0], around.worker.trunkline_max_calls)


def judge(limit: int, calls: int) -> findings.Finding:
    """A limit against a number of calls at once."""
    needed = _BASE + _PER_CALL * calls
    if limit == resource.RLIM_INFINITY:
        return findings.ok("no limit here")
    if limit < needed:
        return findings.warning(
            f"{limit} here, for {calls} calls some {needed} are needed",
            "`ulimit -n 65536`, or `LimitNOFILE=65536` (systemd), `ulimits: {nofile: 65536}` (compose)",
        )
    return findings.ok(f"{limit} here, enough for {calls} calls")

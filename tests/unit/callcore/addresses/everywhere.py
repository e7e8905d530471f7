"""The whole corpus on a machine that is everywhere: in a network of its own, every address leads to one listener.

Run as `unshare --map-root-user --net python -m tests.unit.callcore.addresses.everywhere REBINDINGS`; prints what was
counted, as JSON. Without the guard nearly all of the corpus gets through here, and so does with it all that is public.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

from callcore import addresses
from tests.unit.callcore.addresses import corpus, dialer

_NETWORK = (
    "ip link set lo up",
    "ip route add local default dev lo",
    "ip -6 route add local default dev lo",
)
_PORT = 80
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # in a network of its own


async def count(rebindings: int) -> dict[str, int]:
    """What got through."""
    names = dialer.Names(corpus.answers())
    inside, outside = list(corpus.forbidden()), list(corpus.public("http"))
    counted = {"urls": len(inside), "public": len(outside), "rebindings": rebindings}
    async with dialer.Listener().listening(_EVERYWHERE, _PORT) as listener:
        async with dialer.guarded_session(names) as session:
            await dialer.outcomes(session, inside)
            counted["connections"] = listener.taken
            reached = await dialer.outcomes(session, outside)
            counted["public_answered"], counted["public_refused"] = reached["answered"], reached["refused"]
        before = listener.taken
        counted["rebindings_refused"] = await _rebind(names, rebindings)
        counted["rebinding_connections"] = listener.taken - before
        before = listener.taken
        async with dialer.open_session(names) as session:
            await dialer.outcomes(session, inside)
        counted["connections_without_guard"] = listener.taken - before
    counted["passed_check_url"] = sum(map(_passes, inside))
    counted["public_failed_check_url"] = sum(not _passes(url) for url in corpus.public())
    return counted


async def _rebind(names: dialer.Names, count: int) -> int:
    refused = 0
    for number in range(count):
        name = f"rebinding-{number}.example.com"
        names.rebind(name, [corpus.PUBLIC], ["127.0.0.1"])
        await names.resolve(name)
        async with dialer.guarded_session(names) as session:
            refused += await dialer.outcome(session, f"http://{name}/") == "refused"
    return refused


def _passes(url: str) -> bool:
    try:
        addresses.check_url(url, addresses.Allowed())
    except addresses.ForbiddenTarget:
        return False
    return True


if __name__ == "__main__":
    for command in _NETWORK:
        subprocess.run(command.split(), check=True)
    print(json.dumps(asyncio.run(count(int(sys.argv[1])))))  # noqa: T201

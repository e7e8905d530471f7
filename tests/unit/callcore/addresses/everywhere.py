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
_FRONT, _FRONT_PORT = "front", 8080
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # in a network of its own


async def count(rebindings: int) -> dict[str, int]:
    """What got through."""
    names = dialer.Names({**corpus.answers(), _FRONT: ["127.0.0.1"]})
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
        counted["redirects_refused"] = await _redirect(names, inside)
        counted["redirect_connections"] = listener.taken - before
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


async def _redirect(names: dialer.Names, targets: list[str]) -> int:
    """Follow redirects that an allowed server gives to each of these, as no webhook does."""
    refused = 0
    allowed = addresses.Allowed.parse([f"{_FRONT}:{_FRONT_PORT}"])
    for target in filter(str.isascii, targets):
        answer = f"HTTP/1.1 307 Elsewhere\r\nlocation: {target}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        front = dialer.Listener(answer.encode()).listening(["127.0.0.1"], _FRONT_PORT)
        async with front, dialer.guarded_session(names, allowed) as session:
            refused += await dialer.outcome(session, f"http://{_FRONT}:{_FRONT_PORT}/", follow=True) == "refused"
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

"""Two phones on loopback, and a call between them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from lab import softphone
from tests.unit.softphone import raw_peer

CALLER, DIALED = "+12015550123", "+12015550100"


@pytest.fixture
async def caller() -> AsyncIterator[softphone.Softphone]:
    async with softphone.Softphone.open() as phone:
        yield phone


@pytest.fixture
async def callee() -> AsyncIterator[softphone.Softphone]:
    """Answers at once, and has a loopback address of its own."""
    async with softphone.Softphone.open(ip="127.0.0.2") as phone:
        phone.answer_with(softphone.Answering())
        yield phone


class Pair:
    """Both ends of one call that is up."""

    def __init__(self, near: softphone.OutgoingCall, far: softphone.IncomingCall) -> None:
        self.near = near
        self.far = far


async def connect(
    caller: softphone.Softphone, callee: softphone.Softphone, misbehaviour: softphone.Misbehaviour | None = None
) -> Pair:
    """Places a call that the callee answers."""
    near = await caller.dial(callee.uri(DIALED), caller=CALLER, misbehaviour=misbehaviour)
    await near.answered(timeout=10)
    return Pair(near, await callee.next_call(timeout=10))


@pytest.fixture
async def pair(caller: softphone.Softphone, callee: softphone.Softphone) -> Pair:
    return await connect(caller, callee)


@pytest.fixture
def peer() -> Iterator[raw_peer.RawPeer]:
    with raw_peer.raw_peer() as made:
        yield made

"""One endpoint keeps no other waiting."""

from __future__ import annotations

import dataclasses

import pytest

from dispatch.store import deliveries
from dispatch.webhooks import posting, slots, targets
from lab import receiver
from tests.unit.dispatch.webhooks import kits, test_verdicts

pytestmark = pytest.mark.unit


async def enqueue(kit: kits.Kit, url: str, count: int) -> None:
    async with kit.store.writing() as tx:
        for number in range(count):
            await posting.enqueue(
                tx,
                kind=targets.Kind.POST_CALL,
                message_id=f"rpt_{url[-5:]}_{number}",
                type="call.report",
                body="{}",
                target_url=url,
                agent_id=kits.AGENT,
                call_id=None,
                event_at=kit.clock.now(),
            )


async def test_an_endpoint_that_hangs_delays_nobody_else(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    hooks.answer("hangs", receiver.HANGS)
    await enqueue(kit, hooks.url("hangs"), 5 * slots.PER_ENDPOINT)
    await kit.step()
    await hooks.wait("hangs", slots.PER_ENDPOINT, timeout=10)
    await enqueue(kit, hooks.url("works"), 5)
    await kit.step()
    await hooks.wait("works", 5, timeout=10)  # the other's attempts may still take as long
    assert len(hooks.requests("hangs")) == slots.PER_ENDPOINT


def delivery(url: str, number: int = 0) -> deliveries.Delivery:
    return dataclasses.replace(test_verdicts.FRESH, id=f"dlv_{number}", url=url)


def started(room: slots.Slots, url: str, count: int) -> int:
    """How many of so many are sent at once."""
    return sum(room.take(delivery(url, number)) for number in range(count))


def test_so_many_are_sent_at_once_and_the_others_wait_in_line() -> None:
    room = slots.Slots()
    in_hand = room.room("a")
    assert in_hand > slots.PER_ENDPOINT
    assert started(room, "a", in_hand) == slots.PER_ENDPOINT
    assert room.room("a") == 0
    assert room.room("b") == in_hand
    following = [room.give_back("a", is_success=True) for _ in range(in_hand)]
    in_line = [one.id for one in following if one is not None]
    assert in_line == [f"dlv_{number}" for number in range(slots.PER_ENDPOINT, in_hand)]
    assert room.room("a") > slots.PER_ENDPOINT


def test_an_endpoint_of_which_only_failure_comes_gets_little_at_once() -> None:
    room = slots.Slots()
    in_hand = room.room("a")
    started(room, "a", in_hand)
    following = [room.give_back("a", is_success=False) for _ in range(slots.PER_ENDPOINT)]
    assert sum(one is not None for one in following) == 9
    while room.give_back("a", is_success=False) is not None:
        pass
    assert started(room, "b", 50) == slots.PER_ENDPOINT
    assert room.room("a") < slots.PER_ENDPOINT
    room.take(delivery("a"))
    room.give_back("a", is_success=True)
    assert room.room("a") > slots.PER_ENDPOINT


def test_there_is_a_bound_for_all_together() -> None:
    room = slots.Slots()
    for number in range(slots.MOST):
        room.take(delivery(f"endpoint {number}"))
    assert room.room("another") == 0
    room.give_back("endpoint 0", is_success=None)
    assert room.room("another") == 1

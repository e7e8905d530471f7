"""From an event to its receiver: signed, in order, again until it arrives, and no longer than the schedule says."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from callcore import contract
from dispatch.store import deliveries, engine
from dispatch.webhooks import posting, targets
from lab import receiver
from tests.unit.dispatch import samples
from tests.unit.dispatch.webhooks import kits

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

NOTED = contract.NotedRecord(type="call.interrupted")
BAD = receiver.Answer(status=500, body=b"no\0 " + b"x" * 2000)


async def test_a_call_is_told_in_order_and_signed(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    kit.clock.wall = dt.datetime.now(dt.UTC)  # for the receiver's own clock
    call_id = await kit.take(*samples.whole_call())
    await kit.go()
    requests = hooks.requests("status")
    assert [one.document["sequence"] for one in requests] == [1, 2, 3, 4]
    assert {(one.call_id, one.signed_with, one.problem) for one in requests} == {(call_id, (0,), "")}
    assert [one.message_id for one in requests] == [row.message_id for row in await kit.rows()]
    assert {one.headers["content-type"] for one in requests} == {"application/json"}
    assert await kit.states() == ["delivered"] * 4
    assert [len(await kit.attempts(row)) for row in await kit.rows()] == [1] * 4


async def test_what_fails_is_tried_by_the_schedule_and_then_given_up(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    hooks.answer("status", BAD)
    await kit.take(samples.arrived(), samples.ROUTED)
    for number, delay_s in enumerate(kits.SCHEDULE, start=1):
        kit.clock.advance(delay_s * 0.9 - 0.1 if number > 1 else 0)
        await kit.go()
        assert len(requests_of(hooks, 1)) == max(1, number - 1)
        kit.clock.advance(delay_s * 0.2 + 0.2)
        await kit.go()
        assert len(requests_of(hooks, 1)) == number
    first, _ = await kit.rows()
    assert (first.state, first.error, first.attempts) == (deliveries.State.FAILED, "bad_status", 4)
    assert len({one.message_id for one in requests_of(hooks, 1)}) == 1
    tried = await kit.attempts(first)
    assert [(one.number, one.status_code, one.error) for one in tried] == [
        (number, 500, "bad_status") for number in (1, 2, 3, 4)
    ]
    assert {one.response for one in tried} == {"no\ufffd " + "x" * 1020}
    assert tried[0].at < tried[1].at


async def test_a_later_event_waits_for_an_earlier_one_and_passes_it_after_ten_minutes(
    kit: kits.Kit, hooks: receiver.Receiver
) -> None:
    hooks.answer("status", lambda one: BAD if one.document["sequence"] == 1 else receiver.OK)
    await kit.take(samples.arrived(), samples.ROUTED, samples.ANSWERED)
    for _ in range(10):
        await kit.go()
        kit.clock.advance(59)
    assert {one.document["sequence"] for one in hooks.requests("status")} == {1}
    kit.clock.advance(11)
    await kit.go()
    assert [one.document["sequence"] for one in hooks.requests("status")][-2:] == [2, 3]
    assert await kit.states() == ["pending", "delivered", "delivered"]
    hooks.answer("status", receiver.OK)
    kit.clock.advance(2000)
    await kit.go()
    assert await kit.states() == ["delivered"] * 3


async def test_what_is_given_up_keeps_nobody_waiting(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    abort = receiver.Answer(status=400, headers={"webhook-delivery": "abort-message"})
    hooks.answer("status", abort, times=1)
    await kit.take(samples.arrived(), samples.ROUTED)
    await kit.go()
    assert await kit.states() == ["failed", "delivered"]


async def test_calls_do_not_wait_for_each_other(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    rooms = [f"call_{number}" for number in range(5)]
    ids = [await kit.take(samples.arrived(room), samples.ROUTED, room=room) for room in rooms]
    hooks.answer("status", lambda one: BAD if one.call_id == ids[0] else receiver.OK)
    await kit.go()
    assert await kit.states(call_id=ids[0]) == ["pending", "pending"]
    for call_id in ids[1:]:
        assert await kit.states(call_id=call_id) == ["delivered", "delivered"]


async def test_a_report_does_not_wait_for_the_events_of_its_call(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    hooks.answer("status", BAD)
    call_id = await kit.take(*samples.whole_call())
    async with kit.store.writing() as tx:
        await posting.enqueue(
            tx,
            kind=targets.Kind.POST_CALL,
            message_id="rpt_1",
            type="call.report",
            body='{"type":"call.report"}',
            target_url=hooks.url("report"),
            agent_id=kits.AGENT,
            call_id=call_id,
            event_at=kit.clock.now(),
        )
    await kit.go()
    assert [one.message_id for one in hooks.requests("report")] == ["rpt_1"]


def requests_of(hooks: receiver.Receiver, sequence: int) -> list[receiver.Request]:
    return hooks.requests("status", lambda one: one.document["sequence"] == sequence)


async def test_an_endpoint_that_always_asks_to_be_tried_soon_does_not_use_its_attempts_up(
    kit: kits.Kit, hooks: receiver.Receiver
) -> None:
    hooks.answer("status", receiver.Answer(status=503, headers={"Retry-After": "0"}))
    await kit.take(samples.arrived(), samples.ROUTED)
    await kit.go()
    first, _ = await kit.rows()
    assert (first.state, first.attempts, first.early, first.step) == (deliveries.State.PENDING, 5, 4, 1)
    hooks.answer("status", receiver.OK)
    kit.clock.advance(6)
    await kit.go()
    assert await kit.states() == ["delivered", "delivered"]


async def test_a_replay_keeps_the_id_and_begins_the_schedule_anew(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    hooks.answer("status", receiver.Answer(status=410), times=1)
    await kit.take(samples.arrived(), samples.ROUTED)
    await kit.go()
    first, second = await kit.rows()
    assert [(one.state.value, one.error) for one in (first, second)] == [
        ("failed", "bad_status"),
        ("failed", posting.ENDPOINT_DISABLED),
    ]
    kit.clock.advance(100)
    for one in (first, second):
        async with kit.store.writing() as tx:
            await posting.replay(tx, one.id, kit.clock.now())
    await kit.go()
    again = [one.headers for one in requests_of(hooks, 1)]
    assert again[0]["webhook-id"] == again[1]["webhook-id"] == first.message_id
    assert int(again[1]["webhook-timestamp"]) == int(again[0]["webhook-timestamp"]) + 100
    assert await kit.states() == ["delivered", "delivered"]
    assert [one.number for one in await kit.attempts(first)] == [1, 2]
    assert not (await kit.endpoint(first.url)).is_disabled


async def test_what_came_of_an_attempt_is_not_lost_while_the_store_is_out(
    kit: kits.Kit, hooks: receiver.Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kit.take(samples.arrived(), samples.ROUTED)
    await kit.step()
    await kit.service.settle()
    with monkeypatch.context() as patched:
        patched.setattr(engine.Store, "writing", _is_out)
        with pytest.raises(engine.StoreUnavailable):
            await kit.step()
    await kit.go()
    assert [one.document["sequence"] for one in hooks.requests("status")] == [1, 2]
    assert await kit.states() == ["delivered", "delivered"]


def _is_out(_: engine.Store) -> None:
    raise engine.StoreUnavailable


async def test_without_a_secret_nothing_is_sent(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    await kit.take(samples.arrived(), samples.ROUTED)
    bare = kit.board.configuration.webhooks.model_copy(update={"secrets": ()})
    kit.board.reconfigure(dataclasses.replace(kit.board.configuration, webhooks=bare), None)
    await kit.go()
    assert hooks.requests() == []
    assert {one.error for one in await kit.rows()} == {"no_secret", None}


async def test_after_a_long_outage_a_call_is_told_in_order_all_the_same(
    kit: kits.Kit, hooks: receiver.Receiver
) -> None:
    hooks.answer("status", BAD)
    await kit.take(*samples.whole_call())
    await kit.go()
    kit.clock.advance(3600)
    hooks.answer("status", receiver.OK)
    await kit.go()
    assert [one.document["sequence"] for one in hooks.requests("status")] == [1, 1, 2, 3, 4]


async def test_in_a_long_outage_each_event_is_tried_once_before_the_next(
    kit: kits.Kit, hooks: receiver.Receiver
) -> None:
    hooks.answer("status", BAD)
    await kit.take(*samples.whole_call())
    await kit.go()
    kit.clock.advance(700)
    await kit.go()
    assert [one.document["sequence"] for one in hooks.requests("status")] == [1, 1, 2, 3, 4]
    kit.clock.advance(10)
    hooks.answer("status", receiver.OK)
    await kit.go()
    kit.clock.advance(2000)
    await kit.go()
    assert await kit.states() == ["delivered"] * 4


async def test_an_event_behind_one_that_fails_waits_for_its_ten_minutes(
    kit: kits.Kit, hooks: receiver.Receiver
) -> None:
    hooks.answer("status", lambda one: BAD if one.document["sequence"] == 2 else receiver.OK)
    await kit.take(samples.arrived(), samples.ROUTED)
    await kit.go()
    kit.clock.advance(100)
    await kit.take(samples.ANSWERED, first=3)
    await kit.go()
    kit.clock.advance(499)
    await kit.go()
    assert not requests_of(hooks, 3)
    kit.clock.advance(2)
    await kit.go()
    assert len(requests_of(hooks, 3)) == 1


async def test_a_replay_of_one_that_others_wait_for_lets_them_pass(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    hooks.answer("status", lambda one: BAD if one.document["sequence"] == 1 else receiver.OK)
    await kit.take(samples.arrived(), samples.ROUTED)
    await kit.go()
    first, _ = await kit.rows()
    async with kit.store.writing() as tx:
        await posting.replay(tx, first.id, kit.clock.now())
    await kit.go()
    assert await kit.states() == ["pending", "delivered"]

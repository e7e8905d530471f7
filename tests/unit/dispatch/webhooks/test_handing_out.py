"""Events become deliveries: once, in order, and only when it is known whom they are for."""

from __future__ import annotations

import datetime as dt

import pytest

from callcore import calls, contract, transitions
from dispatch.ledger import posting as ledger_posting
from dispatch.store import call_webhooks, endpoints
from dispatch.store import calls as call_rows
from dispatch.webhooks import handing_out, posting, targets
from lab import receiver
from sip_config import configurations
from tests.unit.dispatch import doubles, samples
from tests.unit.dispatch.webhooks import kits

pytestmark = pytest.mark.unit


async def hand_out(kit: kits.Kit) -> int:
    async with kit.store.writing() as tx:
        return await handing_out.hand_out(tx, kit.board.configuration, kit.clock.now())


async def test_the_events_of_a_call_become_deliveries_in_its_lane(kit: kits.Kit) -> None:
    call_id = await kit.take(*samples.whole_call())
    assert await hand_out(kit) == 4
    rows = await kit.rows()
    assert [one.position for one in rows] == [1, 2, 3, 4]
    assert {one.lane for one in rows} == {f"status:{call_id}"}
    assert {(one.kind, one.type, one.agent_id) for one in rows} == {("status", "call.status", kits.AGENT)}
    assert await kit.count("webhook_outbox") == 0
    assert await hand_out(kit) == 0


async def test_only_the_first_of_a_lane_is_due_at_once(kit: kits.Kit) -> None:
    await kit.take(samples.arrived(), samples.ROUTED)
    await hand_out(kit)
    await kit.take(samples.ANSWERED, first=3)
    await hand_out(kit)
    now = kit.clock.now()
    assert [one.due_at == now for one in await kit.rows()] == [True, False, False]


async def test_events_wait_until_it_is_known_who_takes_the_call(kit: kits.Kit) -> None:
    await kit.take(samples.arrived())
    assert not await kit.waits()
    assert await hand_out(kit) == 0
    await kit.take(samples.ROUTED, first=2)
    assert await kit.waits()
    assert await hand_out(kit) == 2


async def test_a_call_that_nobody_took_has_the_webhooks_of_the_agent_that_its_number_names(kit: kits.Kit) -> None:
    call_id = await kit.take(samples.arrived(), samples.ENDED)
    assert kit.board.configuration.numbers[doubles.DIALED].agent == kits.AGENT
    assert await hand_out(kit) == 2
    async with kit.store.reading() as tx:
        settled = await call_webhooks.find(tx, call_id)
    assert settled is not None
    assert settled.agent_id == kits.AGENT


async def test_a_call_that_we_place_is_told_of_from_its_first_event(kit: kits.Kit) -> None:
    call = calls.Call(
        id="call_1",
        direction=calls.Direction.OUTBOUND,
        status=calls.Status.QUEUED,
        room_name="call_1",
        caller=doubles.DIALED,
        dialed=samples.CALLER,
        created_at=samples.START,
    )
    entry = call_rows.Entry(call=call, holder=call_rows.Holder(worker_id="", job_id="", generation=0))
    async with kit.store.writing() as tx:
        await ledger_posting.open_call(tx, entry, samples.intake("call_1"), transitions.Arrived(at=samples.START))
    assert await hand_out(kit) == 1
    assert [one.agent_id for one in await kit.rows()] == [kits.AGENT]


async def test_what_nobody_wants_to_be_told_is_dropped(
    kit: kits.Kit, configuration: configurations.Configuration
) -> None:
    kit.board.reconfigure(configuration, None)
    await kit.take(*samples.whole_call())
    assert await hand_out(kit) == 4
    assert await kit.rows() == ()
    assert await kit.count("webhook_outbox") == 0


async def test_a_reload_changes_nothing_for_a_call_that_is_settled(
    kit: kits.Kit, configuration: configurations.Configuration, hooks: receiver.Receiver
) -> None:
    await kit.take(samples.arrived(), samples.ROUTED)
    await hand_out(kit)
    kit.board.reconfigure(kits.configured(configuration, hooks, status=hooks.url("elsewhere")), None)
    await kit.take(samples.ANSWERED, first=3)
    await hand_out(kit)
    assert {one.url for one in await kit.rows()} == {hooks.url("status")}


async def test_a_body_is_what_the_event_was_and_not_what_the_call_became(kit: kits.Kit) -> None:
    noted = contract.NotedRecord(type="call.interrupted")
    await kit.take(samples.arrived(), samples.ROUTED, samples.ANSWERED, noted, samples.ENDED)
    await hand_out(kit)
    statuses = [row.body.split('"status":"')[1].split('"')[0] for row in await kit.rows()]
    assert statuses == ["ringing", "ringing", "in_progress", "in_progress", "ended"]


async def test_a_large_backlog_is_handed_out_in_parts_without_a_gap(
    kit: kits.Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_out, "MOST", 3)
    await kit.take(*samples.whole_call())
    assert [await hand_out(kit), await hand_out(kit), await hand_out(kit)] == [3, 1, 0]
    assert [one.position for one in await kit.rows()] == [1, 2, 3, 4]
    assert len({one.due_at for one in await kit.rows()}) == 2


async def test_what_is_for_a_disabled_endpoint_is_kept_as_failed(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    url = hooks.url("status")
    async with kit.store.writing() as tx:
        await endpoints.ensure(tx, [url])
        await endpoints.update(tx, endpoints.Endpoint(url=url, disabled_at=kit.clock.now(), disabled_because="gone"))
    await kit.take(*samples.whole_call())
    await hand_out(kit)
    assert {(one.state.value, one.error) for one in await kit.rows()} == {("failed", posting.ENDPOINT_DISABLED)}


async def test_a_body_over_the_bound_is_kept_as_failed(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    async with kit.store.writing() as tx:
        made = await posting.enqueue(
            tx,
            kind=targets.Kind.POST_CALL,
            message_id="rpt_1",
            type="call.report",
            body=b"x" * (posting.MAX_BODY + 1),
            target_url=hooks.url("report"),
            agent_id=kits.AGENT,
            call_id=None,
            event_at=kit.clock.now(),
        )
    assert (made.state.value, made.error) == ("failed", posting.BODY_TOO_LARGE)
    assert dt.timedelta() == (made.finished_at or made.due_at) - made.created_at

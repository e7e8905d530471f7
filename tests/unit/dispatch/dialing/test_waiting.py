"""Calls that wait for their time, or for a free hand; and what has changed until then."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from typing import Any

import pytest

from dispatch import keys
from dispatch.dialing import service as dialing_service
from dispatch.ledger import legs
from dispatch.store import dials as rows
from dispatch.store import do_not_call
from tests.unit.dispatch import conftest, samples
from tests.unit.dispatch.dialing import steps

pytestmark = pytest.mark.unit

AT = {"at": "2026-01-02T16:00:00Z"}


async def due(service: conftest.Service, seconds: float = 3600) -> None:
    """The time has come, and a worker is there."""
    service.clock.advance(seconds)
    await service.internal("POST", "/internal/workers", samples.report())
    await steps.looks(service)


async def ends_refused(service: conftest.Service, call_id: str) -> dict[str, Any]:
    """What the event of the refusal tells."""
    call = await steps.comes_to(service, call_id, "ended")
    end = call["termination"]
    assert (end["reason"], end["result"], call["outcome"]) == ("policy_refused", "client_error", "no_contact")
    assert (service.dialer.dials, service.livekit.opened) == ([], [])
    assert await steps.events(service, call_id) == ["call.queued", "call.refused", "call.hangup"]
    _, body = await service.public(f"/v1/calls/{call_id}/events")
    return dict(body["events"][1]["data"])


async def test_a_scheduled_call_is_placed_at_its_time(service: conftest.Service) -> None:
    call_id = await steps.accepted(service, schedule=AT)
    assert (await steps.call(service, call_id))["scheduledAt"] == "2026-01-02T16:00:00.000Z"
    assert await service.app[keys.DIALING].take_up() == 3600
    await due(service, 3599)
    assert (await steps.row(service, call_id)).state is rows.State.QUEUED
    assert await service.app[keys.DIALING].take_up() == 1
    await due(service, 1)
    await steps.joins(service, call_id)
    await steps.says_ready(service, call_id)
    await steps.rings(service, call_id)
    assert len(service.dialer.dials) == 1


async def test_a_time_that_is_past_means_now(service: conftest.Service) -> None:
    call_id = await steps.accepted(service, schedule={"at": "2026-01-02T14:59:00Z"})
    await steps.room_of(service, call_id)
    assert (await steps.call(service, call_id))["scheduledAt"] is None


async def test_a_scheduled_call_needs_no_worker_yet(service: conftest.Service) -> None:
    body = {"to": steps.TO, "agentId": "front-desk", "schedule": AT}
    status, _ = await service.public(steps.PATH, "POST", json=body)
    assert status == 202


async def test_the_hour_of_the_call_counts_not_that_of_the_request(service: conftest.Service) -> None:
    status, problem = await steps.request(service, schedule={"at": "2026-01-03T03:00:00Z"})
    assert (status, problem["code"]) == (403, "quiet_hours")
    service.clock.advance(12 * 3600)
    status, _ = await steps.request(service, schedule={"at": "2026-01-03T15:00:00Z"})
    assert status == 202


async def test_a_scheduled_call_takes_none_of_the_limits_before_its_time(service: conftest.Service) -> None:
    for number in range(10, 16):
        await steps.accepted(service, to=f"+120155501{number}", schedule=AT)
    await steps.accepted(service)


async def test_whoever_asks_not_to_be_called_meanwhile_is_not(service: conftest.Service) -> None:
    call_id = await steps.accepted(service, schedule=AT)
    entry = do_not_call.Entry(e164=steps.TO, source=do_not_call.Source.API, created_at=service.clock.now())
    async with service.store.writing() as tx:
        await do_not_call.put(tx, entry)
    await due(service)
    assert await ends_refused(service, call_id) == {"code": "do_not_call", "retry_at": None, "scope": None}
    text = await (await service.client.get("/metrics")).text()
    assert 'trunkline_dials_refused_total{code="do_not_call",stage="claim"} 1.0' in text


async def test_a_key_that_is_revoked_meanwhile(service: conftest.Service) -> None:
    _, key = await service.public("/v1/keys", "POST", json={"scopes": ["calls:write"]})
    body = {"to": steps.TO, "agentId": "front-desk", "schedule": AT}
    answer = await service.client.post(steps.PATH, json=body, headers={"Authorization": f"Bearer {key['key']}"})
    call_id = (await answer.json())["callId"]
    status, _ = await service.public(f"/v1/keys/{key['id']}", "DELETE")
    assert status == 204
    await due(service)
    assert await ends_refused(service, call_id) == {"code": "key_revoked", "retry_at": None, "scope": None}


async def test_a_key_that_still_opens(service: conftest.Service) -> None:
    _, key = await service.public("/v1/keys", "POST", json={"scopes": ["calls:write"]})
    body = {"to": steps.TO, "agentId": "front-desk", "schedule": AT}
    answer = await service.client.post(steps.PATH, json=body, headers={"Authorization": f"Bearer {key['key']}"})
    await due(service)
    await steps.room_of(service, (await answer.json())["callId"])


async def test_a_limit_that_is_reached_meanwhile(service: conftest.Service) -> None:
    call_id = await steps.accepted(service, schedule=AT)
    for number in range(10, 15):
        await steps.accepted(service, to=f"+120155501{number}", schedule={"at": "2026-01-02T15:59:59Z"})
    await due(service, 3599)

    async def taken() -> bool:
        return len(service.livekit.opened) == 5

    await steps.until(taken)
    service.livekit.opened.clear()
    await due(service, 1)
    refused = await ends_refused(service, call_id)
    assert (refused["code"], refused["scope"]) == ("limit_concurrent", "organization")


async def test_a_number_that_is_gone_meanwhile(service: conftest.Service) -> None:
    call_id = await steps.accepted(service, schedule=AT)
    board = service.app[keys.SWITCHBOARD]
    board.reconfigure(dataclasses.replace(board.configuration, numbers={}), None)
    await due(service)
    assert (await ends_refused(service, call_id))["code"] == "caller_withdrawn"


async def test_an_agent_that_is_gone_meanwhile(service: conftest.Service) -> None:
    call_id = await steps.accepted(service, schedule=AT)
    board = service.app[keys.SWITCHBOARD]
    board.reconfigure(dataclasses.replace(board.configuration, agents={}), None)
    await due(service)
    call = await steps.comes_to(service, call_id, "ended")
    assert (call["termination"]["reason"], service.dialer.dials) == ("internal_error", [])


async def test_a_call_for_which_no_hand_is_free_waits(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialing_service, "_MOST", 1)
    first = await steps.ringing(service)
    second = await steps.accepted(service, to="+12015550111")
    assert (await steps.row(service, second)).state is rows.State.QUEUED
    await steps.looks(service)
    assert (await steps.row(service, second)).state is rows.State.QUEUED
    service.dialer.answer(steps.BUSY, 486)
    await steps.comes_to(service, first, "ended")
    await steps.is_over(service, first)
    while service.app[keys.DIALING]._tasks:
        await asyncio.sleep(0)
    await steps.looks(service)
    await steps.joins(service, second)
    await steps.says_ready(service, second)
    await steps.rings(service, second)


async def test_many_requests_at_once_take_no_more_hands_than_there_are(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialing_service, "_MOST", 2)
    numbers = [f"+120155501{number}" for number in range(10, 15)]
    ids = await asyncio.gather(*(steps.accepted(service, to=number) for number in numbers))
    states = [(await steps.row(service, call_id)).state for call_id in ids]
    assert states.count(rows.State.CLAIMED) <= 2
    assert len(service.app[keys.DIALING]._tasks) <= 2


async def test_the_reaper_leaves_a_call_alone_until_it_is_answered(service: conftest.Service) -> None:
    reaper = service.app[keys.REAPER]
    waiting = await steps.accepted(service, schedule=AT)
    rings = await steps.ringing(service, to="+12015550111")
    for _ in range(3):
        await reaper.round()
        service.clock.advance(20)
    for call_id, status in ((waiting, "queued"), (rings, "dialing")):
        assert (await steps.call(service, call_id))["status"] == status
    service.dialer.answer(steps.ANSWERED, 200)
    await steps.comes_to(service, rings, "in_progress")
    await steps.is_over(service, rings)
    service.livekit.present.pop(rings)
    for _ in range(2):
        await reaper.round()
        service.clock.advance(20)
    assert (await steps.call(service, rings))["status"] == "ended"


async def test_a_callee_who_hangs_up_is_the_callee(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    identity = service.dialer.dials[0].identity
    service.dialer.answer(steps.ANSWERED, 200)
    await steps.is_over(service, call_id)
    gone = legs.Left(room_name=call_id, at=service.clock.now() + dt.timedelta(seconds=9), reason="CLIENT_INITIATED")
    await service.app[keys.LEDGER].note_leg(gone, "EV_left")
    service.dialer.remove(call_id, identity)
    for _ in range(2):
        await service.app[keys.REAPER].round()
        service.clock.advance(20)
    end = (await steps.call(service, call_id))["termination"]
    assert (end["reason"], end["endedBy"]) == ("caller_hangup", "callee")

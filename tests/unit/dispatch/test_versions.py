"""Rows that another version wrote are no reason to fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from dispatch.store import briefs, tables
from tests.unit.dispatch import conftest, samples

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]


async def announce(service: conftest.Service) -> str:
    _, accepted = await service.internal("POST", "/internal/calls", samples.intake())
    return str(accepted["call_id"])


async def rewrite(service: conftest.Service, **columns: object) -> None:
    async with service.store.writing() as tx:
        await tx.execute(sa.update(tables.calls).values(columns))


async def stored(service: conftest.Service) -> tuple[Any, Any]:
    """The intake and the plan of the only call, as JSON."""
    async with service.store.reading() as tx:
        row = (await tx.execute(sa.select(tables.calls.c.intake, tables.calls.c.plan))).one()
    return json.loads(row.intake), json.loads(row.plan)


async def test_a_call_is_shown_whatever_its_intake_and_plan_look_like(service: conftest.Service) -> None:
    call_id = await announce(service)
    await rewrite(service, intake="{}", plan='{"action": "sing"}')
    status, call = await service.public(f"/v1/calls/{call_id}")
    assert (status, call["status"]) == (200, "ringing")
    assert (await service.public("/v1/calls"))[0] == 200
    await service.deliver(*samples.whole_call())
    assert (await service.only_call())["status"] == "ended"


async def test_fields_of_a_later_version_are_left_out_and_settings_of_providers_stay(
    service: conftest.Service,
) -> None:
    call_id = await announce(service)
    intake, plan = await stored(service)
    plan["agent"] |= {"mood": "sunny", "stt": {"provider": "local", "model": "small"}}
    plan["agent"]["turns"]["rhythm"] = 3
    await rewrite(service, intake=json.dumps(intake | {"weather": "fair"}), plan=json.dumps(plan))
    async with service.store.reading() as tx:
        brief = await briefs.get(tx, call_id)
    assert brief.intake == samples.intake()
    assert brief.plan is not None
    assert brief.plan.action == "converse"
    assert brief.plan.agent.stt.model_dump() == {"provider": "local", "model": "small"}


async def test_a_plan_that_cannot_be_read_is_decided_again(
    service: conftest.Service, capsys: pytest.CaptureFixture[str]
) -> None:
    call_id = await announce(service)
    await rewrite(service, plan='{"action": "call +12015550123"}')
    status, told = await service.internal("GET", f"/internal/calls/{call_id}/plan")
    assert (status, told["plan"]["action"]) == (200, "converse")
    said = capsys.readouterr().out
    assert "a stored intake or plan cannot be read" in said
    assert "2015550123" not in said


async def test_without_a_readable_intake_nothing_is_decided(service: conftest.Service) -> None:
    call_id = await announce(service)
    await rewrite(service, intake="{}", plan=None)
    status, problem = await service.internal("GET", f"/internal/calls/{call_id}/plan")
    assert (status, problem["code"]) == (503, "undecided")


async def test_a_call_with_an_unknown_word_is_told_apart_and_stops_no_spool(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call()[:3])
    call_id = (await service.only_call())["callId"]
    await rewrite(service, status="on_hold")
    status, problem = await service.public(f"/v1/calls/{call_id}")
    assert (status, problem["code"]) == (409, "unreadable_call")
    await service.deliver(*samples.whole_call()[3:], first=4)
    await service.deliver(samples.arrived("call_next"), first=8, room="call_next")
    _, page = await service.public("/v1/calls")
    assert [call["roomName"] for call in page["items"]] == ["call_next"]


async def test_a_page_of_nothing_readable_still_leads_to_the_next(service: conftest.Service) -> None:
    for number in range(3):
        room = f"call_{number}"
        await service.deliver(samples.arrived(room), spool=room, room=room)
    async with service.store.writing() as tx:
        newest = sa.select(sa.func.max(tables.calls.c.id)).scalar_subquery()
        await tx.execute(sa.update(tables.calls).where(tables.calls.c.id == newest).values(status="on_hold"))
    _, first = await service.public("/v1/calls?limit=1")
    assert first["items"] == []
    _, rest = await service.public(f"/v1/calls?cursor={first['nextCursor']}")
    assert len(rest["items"]) == 2

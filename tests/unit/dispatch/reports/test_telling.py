"""Who is told of a report, how often, and what is left of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from dispatch import keys
from dispatch.reports import composing, shapes
from dispatch.reports import service as reports
from dispatch.store import attempts, engine, tables
from dispatch.webhooks import handing_out
from tests.unit.dispatch import conftest, samples
from tests.unit.dispatch.reports import conftest as desks

pytestmark = pytest.mark.unit


async def test_it_is_told_again_under_the_same_id_but_not_twice_at_once(
    service: conftest.Service, desk: desks.Desk
) -> None:
    await service.deliver(*samples.whole_call())
    status, answer = await desk.finalize()
    assert (status, answer["remade"], answer["webhookQueued"]) == (200, True, True)
    _, answer = await desk.finalize(retryWebhook=True)
    assert (answer["remade"], answer["webhookQueued"]) == (False, False), "it is on its way"
    async with service.store.writing() as tx:
        await tx.execute(sa.update(tables.deliveries).values(state="delivered", finished_at=samples.START))
    _, answer = await desk.finalize(retryWebhook=True)
    assert (answer["remade"], answer["webhookQueued"]) == (False, True)
    told = [(message_id, body) for kind, _, message_id, body in await desk.sent() if kind == "post_call"]
    assert len(told) == 2
    assert told[0] == told[1]
    assert await desk.make() == 0


@pytest.mark.both_stores
async def test_of_many_who_finalize_at_once_one_has_it_told(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call())
    done = await asyncio.gather(*(desk.finalize(retryWebhook=True) for _ in range(5)), desk.make())
    answers = [each[1] for each in done if isinstance(each, tuple)]
    assert len({answer["reportId"] for answer in answers}) == 1
    assert sum(answer["webhookQueued"] for answer in answers) <= 1, "the loop may have been faster"
    assert sorted(kind for kind, *_ in await desk.sent()) == ["lead_updated", "post_call"]


@pytest.mark.both_stores
async def test_two_processes_make_one_report_of_each_call_while_events_are_handed_out(
    service: conftest.Service, desk: desks.Desk, database_url: str
) -> None:
    rooms = [f"call_{number}" for number in range(8)]
    for room in rooms:
        await service.deliver(samples.arrived(room), *samples.whole_call()[1:], room=room, spool=room)
    mine, configuration = service.app[keys.REPORTS], service.app[keys.SWITCHBOARD].configuration
    others = engine.Store(database_url)
    their = reports.Reports(others, service.clock, mine._settle, wake=lambda: None)

    async def hand_out() -> None:
        async with others.writing() as tx:
            await handing_out.hand_out(tx, configuration, service.clock.now())

    async def make_all(process: reports.Reports) -> None:
        while await process.make_next():
            pass

    await asyncio.gather(make_all(mine), make_all(their), hand_out())
    await others.close()
    told = [(kind, message_id) for kind, _, message_id, _ in await desk.sent()]
    assert len(set(told)) == len(told) == 2 * len(rooms)
    async with service.store.reading() as tx:
        waiting = await tx.execute(sa.select(tables.reports.c.call_id).where(tables.reports.c.made_at.is_(None)))
        assert waiting.all() == []


async def test_one_that_cannot_be_made_keeps_no_other_waiting(
    service: conftest.Service, desk: desks.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, made = composing.report, []

    def fails_once(*given: Any) -> shapes.Report:
        made.append(given[0].call.id)
        if len(made) == 1:
            raise RuntimeError
        return whole(*given)

    monkeypatch.setattr(composing, "report", fails_once)
    for room in ("call_a", "call_b"):
        records = (samples.arrived(room), *samples.whole_call()[1:])
        await service.deliver(*records, room=room, spool=room)
    assert await desk.make() == 2
    assert len(await desk.sent()) == 2
    service.clock.advance(301)
    assert await desk.make() == 1
    assert made[0] == made[2]


@pytest.mark.both_stores
async def test_erasing_a_person_erases_reports_of_them_and_their_number_in_others(
    service: conftest.Service, desk: desks.Desk
) -> None:
    await service.deliver(*samples.whole_call(), desks.USED)
    other = samples.arrived("call_other", caller="+12015550188", forwarded_from=samples.CALLER)
    await service.deliver(other, *samples.whole_call()[1:], room="call_other", spool="other")
    assert await desk.make() == 2
    async with service.store.writing() as tx:
        for (delivery_id,) in (await tx.execute(sa.select(tables.deliveries.c.id))).all():
            echo = attempts.Attempt(
                delivery_id=delivery_id,
                number=1,
                at=samples.START,
                latency_s=0.1,
                status_code=200,
                error=None,
                response=f"taken: {samples.CALLER}",
            )
            await attempts.insert(tx, [echo])
    _, page = await service.public("/v1/contacts", params={"number": samples.CALLER})
    status, _ = await service.public(f"/v1/contacts/{page['items'][0]['id']}", "DELETE")
    assert status in (200, 204)
    async with service.store.reading() as tx:
        kept = [row.body for row in await tx.execute(sa.select(tables.reports.c.body))]
        sent = [row.body for row in await tx.execute(sa.select(tables.deliveries.c.body))]
        used = (await tx.execute(sa.select(tables.usage))).all()
        answered = [row.response for row in await tx.execute(sa.select(tables.attempts.c.response))]
    assert used == []
    assert set(answered) == {"taken: +"}
    assert len(kept) == 1
    assert not [body for body in (*kept, *sent) if samples.CALLER.removeprefix("+") in body]
    assert (await desk.report())["forwardedFromNumber"] is None


async def test_whose_reports_nobody_wants_is_told_to_nobody(service: conftest.Service, desk: desks.Desk) -> None:
    nobodys = samples.ROUTED.model_copy(update={"agent_id": "not-there"})
    await service.deliver(samples.arrived(), nobodys, *samples.whole_call()[2:])
    assert await desk.make() == 1
    assert (await desk.sent(), (await desk.shown())[0]) == ([], 200)


async def test_a_call_of_a_time_without_reports_gets_one_on_demand(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call())
    async with service.store.writing() as tx:
        await tx.execute(sa.delete(tables.reports))
    assert (await desk.make(), (await desk.shown())[0]) == (0, 404)
    status, answer = await desk.finalize()
    assert (status, answer["remade"], answer["webhookQueued"]) == (200, True, True)
    assert (await desk.report())["reportId"] == answer["reportId"]


async def test_a_report_of_another_version_is_made_anew_on_demand(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call())
    await desk.make()
    async with service.store.writing() as tx:
        await tx.execute(sa.update(tables.reports).values(body='{"type":"call.report"}'))
    status, problem = await desk.shown()
    assert (status, problem["code"]) == (409, "report_unreadable")
    await desk.finalize(forceAnalysis=True)
    assert (await desk.report())["outcome"] == "completed"


async def test_the_same_wish_sent_again_is_answered_again(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call())
    path = f"/v1/calls/{(await service.only_call())['callId']}/report/finalize"
    again = {"Idempotency-Key": "one"}
    first = await service.public(path, "POST", json={"retryWebhook": True}, headers=again)
    assert await service.public(path, "POST", json={"retryWebhook": True}, headers=again) == first
    assert len(await desk.sent()) == 2

"""A call that we place, from the request to somebody on the line or to the reason why there is nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from callcore import contract, endings, transfers
from dispatch import fleet, keys, wakeups
from dispatch.dialing import interjections, records, words
from dispatch.livekit import dialing
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows
from dispatch.store import engine
from tests.unit.dispatch import conftest, doubles, samples
from tests.unit.dispatch.dialing import steps

pytestmark = pytest.mark.unit


async def test_somebody_answers(service: conftest.Service) -> None:
    status, answer = await steps.request(service, firstMessage="Hello there.", metadata={"order": "7"})
    call_id = answer["callId"]
    identity = f"callee_{call_id.removeprefix('call_')}"
    assert status == 202
    assert answer == {
        "sessionId": call_id,
        "callId": call_id,
        "status": "queued",
        "roomName": call_id,
        "callerId": doubles.DIALED,
        "sipParticipant": {"identity": identity},
        "maxDurationSeconds": 900.0,
        "scheduledAt": None,
    }

    told = await steps.room_of(service, call_id)
    assert told == contract.JobAssignment(caller=doubles.DIALED, dialed=steps.TO, identity=identity, generation=1)
    plan = (await steps.joins(service, call_id)).plan
    assert isinstance(plan, contract.Converse)
    assert (plan.agent.agent_id, plan.agent.greeting, plan.metadata["order"]) == ("front-desk", "Hello there.", "7")
    assert service.dialer.dials == []
    assert (await steps.call(service, call_id))["status"] == "queued"

    assert await steps.says_ready(service, call_id) == 204
    await steps.rings(service, call_id)
    (dial,) = service.dialer.dials
    assert (dial.room_name, dial.identity, dial.transfer_id) == (call_id, identity, None)
    assert (dial.route.user, dial.route.host, dial.route.caller) == (steps.TO, "127.0.0.1:5090", doubles.DIALED)
    assert (dial.ringing_timeout_s, dial.longest_s) == (contract.RINGING_S, 960.0)
    assert (await steps.call(service, call_id))["status"] == "dialing"

    service.clock.advance(4)
    service.dialer.answer(steps.ANSWERED, 200)
    call = await steps.comes_to(service, call_id, "in_progress")
    assert (call["from"], call["to"], call["dialedNumber"]) == (doubles.DIALED, steps.TO, steps.TO)
    assert (call["direction"], call["overrides"]) == ("outbound", {"firstMessage": "Hello there."})
    assert call["contactId"].startswith("ct_")
    assert await steps.events(service, call_id) == ["call.queued", "call.dialing", "call.answered"]
    await steps.is_over(service, call_id)
    assert len(service.dialer.dials) == 1


_ENDS = [
    (486, "busy", "client_error", "callee", "busy"),
    (480, "unavailable", "client_error", "callee", "no_answer"),
    (503, "carrier_failure", "upstream_error", "system", "error"),
    (None, "no_answer", "client_error", "callee", "no_answer"),
]


@pytest.mark.parametrize(("code", "reason", "result", "ended_by", "outcome"), _ENDS)
async def test_nobody_answers(
    service: conftest.Service, code: int | None, reason: str, result: str, ended_by: str, outcome: str
) -> None:
    call_id = await steps.ringing(service)
    answer = transfers.result_of(code) if code is not None else transfers.AttemptResult.NO_ANSWER
    service.dialer.answer(answer, code)
    call = await steps.comes_to(service, call_id, "ended")
    end = call["termination"]
    assert (end["reason"], end["result"], end["endedBy"], end["sipStatusCode"]) == (reason, result, ended_by, code)
    assert (call["outcome"], call["durationSeconds"]) == (outcome, None)
    assert call_id in service.livekit.closed
    assert await steps.events(service, call_id) == ["call.queued", "call.dialing", "call.hangup"]
    assert (await steps.row(service, call_id)).state is rows.State.OVER


async def test_livekit_being_out_at_the_moment_of_the_dial_is_no_fault_of_the_callee(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    service.dialer.answer(transfers.AttemptResult.UNAVAILABLE)
    end = (await steps.comes_to(service, call_id, "ended"))["termination"]
    assert (end["reason"], end["result"]) == ("platform_lost", "server_error")


@pytest.mark.parametrize("says", [False, True], ids=["nobody knows why", "its job does"])
async def test_a_phone_that_falls_silent_before_its_time_was_not_left_unanswered(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch, says: bool
) -> None:
    """LiveKit went down, or a job that has to go closed the room: LiveKit says the same of both."""
    if says:
        monkeypatch.setattr("dispatch.dialing.reconciling._LOOK_S", 30.0)
    call_id = await steps.ringing(service)
    service.dialer.answer(transfers.AttemptResult.NO_ANSWER, is_early=True)
    if says:
        gave_up = contract.EndedRecord(reason=endings.Reason.PROVIDER_FAILURE, ended_by=endings.EndedBy.SYSTEM)
        await service.deliver(gave_up, room=call_id)
    end = (await steps.comes_to(service, call_id, "ended"))["termination"]
    wanted = ("provider_failure", "upstream_error") if says else ("unknown", "indeterminate")
    assert (end["reason"], end["result"]) == wanted


async def test_nobody_picks_up_into_the_silence_of_a_worker_that_is_gone(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.dialing.ringing._LOST_S", 0.02)
    call_id = await steps.ringing(service)
    await asyncio.sleep(0.1)  # several looks
    assert (await steps.call(service, call_id))["status"] == "dialing"
    service.clock.advance(fleet.FRESH_S + 0.1)
    call = await steps.comes_to(service, call_id, "ended")
    assert (call["termination"]["reason"], call["outcome"]) == ("worker_lost", "error")
    assert service.dialer.given_up == [service.dialer.dials[0].identity]
    assert len(service.dialer.dials) == 1


async def test_the_job_may_see_it_first(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    told = (contract.RingingRecord(), contract.AnsweredRecord(ringing_ms=900))
    await service.deliver(*told, room=call_id)
    service.dialer.answer(steps.ANSWERED, 200)
    await steps.is_over(service, call_id)
    types = await steps.events(service, call_id)
    assert types == ["call.queued", "call.dialing", "call.ringing", "call.answered"]


async def test_what_the_job_says_second_is_known(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    service.dialer.answer(steps.ANSWERED, 200)
    await steps.comes_to(service, call_id, "in_progress")
    told = (contract.RingingRecord(), contract.AnsweredRecord(ringing_ms=900), samples.said("Hello?"), samples.ENDED)
    await service.deliver(*told, room=call_id)
    call = await steps.call(service, call_id)
    assert (call["status"], call["termination"]["reason"]) == ("ended", endings.Reason.CALLER_HANGUP)
    text = await (await service.client.get("/metrics")).text()
    assert "trunkline_late_facts_total{" not in text


async def test_no_worker_gets_ready(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.dialing.readiness._READY_S", 0.05)
    call_id = await steps.accepted(service)
    call = await steps.comes_to(service, call_id, "ended")
    assert (call["termination"]["reason"], call["termination"]["result"]) == ("worker_lost", "server_error")
    assert service.dialer.dials == []
    assert len(service.livekit.opened) == 2  # one second try
    assert call_id not in service.livekit.present


async def test_a_second_job_is_asked_where_the_first_never_came(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.dialing.readiness._READY_S", 0.05)
    call_id = await steps.accepted(service)
    await steps.joins(service, call_id)
    told = await steps.room_of(service, call_id, tries=2)
    monkeypatch.setattr("dispatch.dialing.readiness._READY_S", 2.0)
    assert (told.generation, call_id in service.livekit.closed) == (2, True)
    assert await steps.says_ready(service, call_id, 1) == 409
    gave_up = contract.EndedRecord(reason=endings.Reason.PROVIDER_FAILURE, ended_by=endings.EndedBy.SYSTEM)
    await service.deliver(gave_up, room=call_id, job="AJ_1", generation=1)
    assert (await steps.call(service, call_id))["status"] == "queued"
    await steps.joins(service, call_id, tries=2, job="AJ_2")
    assert await steps.says_ready(service, call_id, 2, job="AJ_2") == 204
    await steps.rings(service, call_id)
    service.dialer.answer(steps.ANSWERED, 200)
    await steps.comes_to(service, call_id, "in_progress")
    assert await steps.events(service, call_id) == ["call.queued", "call.dialing", "call.answered"]


async def test_the_word_of_a_job_may_reach_another_dispatch(service: conftest.Service) -> None:
    call_id = await steps.accepted(service)
    await steps.joins(service, call_id)
    elsewhere = interjections.Interjections(service.app[keys.LEDGER], words.Words(wakeups.Wakeups()), service.clock)
    await elsewhere.ready(call_id, contract.Ready(job_id="AJ_1", generation=1))
    await steps.rings(service, call_id)


async def test_a_word_that_is_said_twice_dials_once(service: conftest.Service) -> None:
    call_id = await steps.accepted(service)
    await steps.joins(service, call_id)
    said = await asyncio.gather(*(steps.says_ready(service, call_id) for _ in range(3)))
    assert said == [204, 204, 204]
    await steps.rings(service, call_id)
    assert await steps.says_ready(service, call_id) == 204
    assert len(service.dialer.dials) == 1


async def test_another_job_of_the_same_room_is_not_heeded(service: conftest.Service) -> None:
    call_id = await steps.accepted(service)
    await steps.joins(service, call_id, job="AJ_1")
    assert await steps.says_ready(service, call_id, job="AJ_other") == 409
    assert service.dialer.dials == []


async def test_the_job_waits_for_its_plan(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    is_time, keep_plan = asyncio.Event(), records.Records.keep_plan

    async def slow(book: records.Records, claim: rows.Dial, plan: contract.Plan) -> None:
        await is_time.wait()
        await keep_plan(book, claim, plan)

    monkeypatch.setattr(records.Records, "keep_plan", slow)
    call_id = await steps.accepted(service)
    joining = asyncio.create_task(steps.joins(service, call_id))
    await steps.until(_has_announced(service, call_id))
    assert not joining.done()
    is_time.set()
    assert isinstance((await joining).plan, contract.Converse)


def _has_announced(service: conftest.Service, call_id: str) -> Callable[[], Awaitable[bool]]:
    async def told() -> bool:
        async with service.store.reading() as tx:
            return (await call_rows.get(tx, call_id)).holder.job_id == "AJ_1"

    return told


async def test_how_a_phone_answered_waits_for_a_store_that_is_out(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.dialing.driving._AGAIN_S", 0.01)
    call_id = await steps.ringing(service)
    ended, failures = records.Records.ended, 0

    async def out(*arguments: Any, **options: Any) -> Any:
        nonlocal failures
        failures += 1
        if failures <= 3:
            raise engine.StoreUnavailable
        return await ended(*arguments, **options)

    monkeypatch.setattr(records.Records, "ended", out)
    service.dialer.answer(steps.BUSY, 486)
    call = await steps.comes_to(service, call_id, "ended")
    assert (call["termination"]["reason"], call["termination"]["sipStatusCode"], failures) == ("busy", 486, 4)


async def test_a_call_waits_for_a_worker_that_has_room(service: conftest.Service) -> None:
    full = samples.report().model_copy(update={"calls": 8})
    await service.internal("POST", "/internal/workers", full)
    body = {"to": steps.TO, "agentId": "front-desk"}
    status, answer = await service.public(steps.PATH, "POST", json=body)
    assert (status, service.livekit.opened) == (202, [])
    await service.internal("POST", "/internal/workers", samples.report())
    await steps.room_of(service, answer["callId"])


async def test_no_worker_has_room(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.dialing.readiness._WORKER_S", 0.02)
    await service.internal("POST", "/internal/workers", samples.report().model_copy(update={"calls": 8}))
    body = {"to": steps.TO, "agentId": "front-desk"}
    _, answer = await service.public(steps.PATH, "POST", json=body)
    call = await steps.comes_to(service, answer["callId"], "ended")
    assert (call["termination"]["reason"], service.livekit.opened) == ("worker_lost", [])


async def test_without_a_worker_nothing_is_accepted(service: conftest.Service) -> None:
    response = await service.client.post(
        steps.PATH,
        json={"to": steps.TO, "agentId": "front-desk"},
        headers={"Authorization": f"Bearer {conftest.API_KEY}"},
    )
    assert (response.status, (await response.json())["code"]) == (503, "no_worker")
    assert "Retry-After" in response.headers


async def test_the_leg_of_a_callee(service: conftest.Service) -> None:
    await steps.ringing(service)
    wanted = dialing.request(service.dialer.dials[0])
    assert wanted.participant_identity.startswith("callee_")
    assert (wanted.play_dialtone, dict(wanted.participant_attributes)) == (False, {})
    assert (wanted.sip_number, wanted.sip_call_to, wanted.hide_phone_number) == (doubles.DIALED, steps.TO, True)
    assert (wanted.ringing_timeout.seconds, wanted.max_call_duration.seconds) == (40, 960)

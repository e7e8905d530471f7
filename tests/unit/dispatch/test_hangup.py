"""Hanging up by the API."""

from __future__ import annotations

import asyncio

import pytest

from callcore import endings, turns
from dispatch import keys
from dispatch.livekit import rooms
from dispatch.v1 import hangup
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = pytest.mark.unit


async def live_call(service: conftest.Service) -> str:
    await service.deliver(*samples.whole_call()[:3])
    service.livekit.present[samples.ROOM] = [doubles.CALLER, doubles.AGENT]
    call_id = (await service.only_call())["callId"]
    assert isinstance(call_id, str)
    return call_id


async def test_the_job_reports_the_last_words_and_the_operator_has_ended_the_call(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = await live_call(service)

    async def close(room_name: str) -> None:
        # What a job does when its room goes: the words so far, then the end as it saw it.
        last = samples.said("I was just saying", turns.Role.AGENT)
        gone = samples.ENDED.model_copy(update={"reason": endings.Reason.UNKNOWN, "ended_by": endings.EndedBy.SYSTEM})
        service.livekit.present.pop(room_name, None)
        reporting.append(asyncio.create_task(service.deliver(last, gone, first=4)))

    reporting: list[asyncio.Task[None]] = []
    monkeypatch.setattr(service.livekit, "close", close)
    status, call = await service.public(f"/v1/calls/{call_id}/hangup", "POST")
    await asyncio.gather(*reporting)
    assert (status, call["status"]) == (200, "ended")
    assert call["termination"]["reason"] == "operator_hangup"
    assert call["termination"]["endedBy"] == "operator"
    assert call["transcript"][-1]["message"] == "I was just saying"


async def test_the_call_ends_also_when_its_job_says_nothing(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hangup, "_REPORT_S", 0.05)
    call_id = await live_call(service)
    status, call = await service.public(f"/v1/calls/{call_id}/hangup", "POST", json={})
    assert (status, call["status"], call["termination"]["reason"]) == (200, "ended", "operator_hangup")
    assert service.livekit.closed[0] == samples.ROOM


async def test_hanging_up_twice_answers_with_the_same_call(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hangup, "_REPORT_S", 0.05)
    call_id = await live_call(service)
    answers = [await service.public(f"/v1/calls/{call_id}/hangup", "POST") for _ in range(2)]
    assert answers[0] == answers[1]
    _, body = await service.public(f"/v1/calls/{call_id}/events")
    assert [event["type"] for event in body["events"]].count("call.hangup") == 1


async def test_many_hands_at_once_end_the_call_once(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hangup, "_REPORT_S", 0.05)
    call_id = await live_call(service)
    requests = [service.public(f"/v1/calls/{call_id}/hangup", "POST") for _ in range(20)]
    answers = await asyncio.gather(*requests)
    assert {status for status, _ in answers} == {200}
    _, body = await service.public(f"/v1/calls/{call_id}/events")
    assert [event["sequence"] for event in body["events"]] == [1, 2, 3, 4]


async def test_a_call_that_is_over_keeps_its_own_end(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    before = await service.only_call()
    status, call = await service.public(f"/v1/calls/{before['callId']}/hangup", "POST")
    assert (status, call) == (200, before)


async def test_the_ledger_ends_the_call_even_while_livekit_is_out(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hangup, "_REPORT_S", 0.05)
    call_id = await live_call(service)
    service.livekit.is_out = True
    status, call = await service.public(f"/v1/calls/{call_id}/hangup", "POST")
    assert (status, call["status"]) == (200, "ended")
    service.livekit.is_out = False
    for _ in range(2):
        await service.app[keys.REAPER].round()
        service.clock.advance(2)
    assert service.livekit.present == {}


async def test_an_unreachable_livekit_is_counted(service: conftest.Service) -> None:
    service.livekit.is_out = True
    with pytest.raises(rooms.LiveKitUnavailable):
        await service.app[keys.REAPER].round()
    assert await service.app[keys.CLOSER].close_now("call_x") is False

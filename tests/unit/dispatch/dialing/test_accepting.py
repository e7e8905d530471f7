"""What is accepted, what is refused at once and why, and that the same request twice is one call."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from typing import Any

import pytest

from callcore import clock
from dispatch import keys
from dispatch.store import contacts as contact_rows
from dispatch.store import do_not_call
from sip_config import schema
from tests.unit.dispatch import conftest, doubles
from tests.unit.dispatch.dialing import steps

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]


_WRONG: list[tuple[dict[str, Any], str]] = [
    ({"to": "front desk"}, "to"),
    ({"to": "+1201555"}, "to"),
    ({"agentId": "nobody"}, "agentId"),
    ({"agentId": None}, "agentId"),
    ({"from": "+12015550177"}, "from"),
    ({"from": "nonsense"}, "from"),
    ({"firstMessage": "{{ nonsense"}, "firstMessage"),
    ({"variables": {"not a name!": "x"}}, "variables.not a name!"),
    ({"timeZone": "Mars/Olympus"}, "timeZone"),
    ({"schedule": {"at": "2026-03-01T00:00:00Z"}}, "schedule.at"),
    ({"schedule": {"at": "tomorrow"}}, "schedule.at"),
    ({"schedule": {"at": 1767366000}}, "schedule.at"),
    ({"schedule": {"at": "1767366000"}}, "schedule.at"),
    ({"schedule": {"at": "2026-01-02"}}, "schedule.at"),
    ({"telephony": {"ringingTimeout": 81}}, "telephony.ringingTimeout"),
    ({"maxDurationSeconds": 0}, "maxDurationSeconds"),
    ({"direction": "outbound"}, "direction"),
    ({"first_message": "Hello."}, "first_message"),
    ({"intent": {"optimize_for": "latency"}}, "intent.optimize_for"),
    ({"agentId": None, "intent": {"language": "en"}}, "agentId"),
]


async def test_what_is_wrong_is_said_with_its_place(service: conftest.Service) -> None:
    for changes, path in _WRONG:
        status, problem = await steps.request(service, **changes)
        assert (status, [error["path"] for error in problem["errors"]]) == (422, [path]), changes
    assert (await service.public("/v1/calls"))[1]["items"] == []


async def test_what_is_not_built_is_refused(service: conftest.Service) -> None:
    amd = {"mode": "agent", "timeoutSeconds": 10}
    for telephony in ({"amd": {"mode": "agent"}}, {"amd": amd}, {"region": "eu"}):
        status, problem = await steps.request(service, telephony=telephony)
        assert (status, problem["code"]) == (422, "not_supported")


async def test_detection_that_is_off_is_no_wish(service: conftest.Service) -> None:
    status, _ = await steps.request(service, telephony={"amd": {"mode": "off"}, "ringingTimeout": 20})
    assert status == 202


async def test_a_number_that_places_no_calls_is_not_shown(service: conftest.Service) -> None:
    board = service.app[keys.SWITCHBOARD]
    mute = {
        e164: number.model_copy(update={"direction": schema.Direction.INBOUND})
        for e164, number in board.configuration.numbers.items()
    }
    board.reconfigure(dataclasses.replace(board.configuration, numbers=mute), doubles.LIVE)
    for changes in ({}, {"from": doubles.DIALED}):
        status, problem = await steps.request(service, **changes)
        assert (status, problem["errors"][0]["path"]) == (422, "from")


async def test_limits_are_clamped_and_that_is_told(service: conftest.Service) -> None:
    _, answer = await steps.request(service, maxDurationSeconds=86_400)
    assert answer["maxDurationSeconds"] == 900
    call_id = await steps.ringing(service, maxDurationSeconds=60, telephony={"ringingTimeout": 80})
    dial = next(dial for dial in service.dialer.dials if dial.room_name == call_id)
    assert (dial.ringing_timeout_s, dial.longest_s) == (40, 120)


async def test_a_sip_address_has_no_contact(service: conftest.Service) -> None:
    call_id = await steps.ringing(service, to="sip:reception@pbx.example.com")
    call = await steps.call(service, call_id)
    assert (call["to"], call["dialedNumber"], call["contactId"]) == ("sip:reception@pbx.example.com", None, None)
    (dial,) = service.dialer.dials
    assert (dial.route.user, dial.route.host, dial.route.auth) == ("reception", "pbx.example.com", None)


async def test_policy_is_asked_at_once(service: conftest.Service) -> None:
    for to, code in (("+442071838750", "country_forbidden"), ("sip:a@evil.example", "sip_host_forbidden")):
        status, problem = await steps.request(service, to=to)
        assert (status, problem["code"]) == (403, code)
    assert (await service.public("/v1/calls"))[1]["items"] == []


async def test_whoever_asked_not_to_be_called_is_not(service: conftest.Service) -> None:
    entry = do_not_call.Entry(e164=steps.TO, source=do_not_call.Source.API, created_at=service.clock.now())
    async with service.store.writing() as tx:
        await do_not_call.put(tx, entry)
    status, problem = await steps.request(service)
    assert (status, problem["code"]) == (403, "do_not_call")


async def test_nobody_is_called_at_night(service: conftest.Service, manual_clock: clock.ManualClock) -> None:
    manual_clock.advance(12 * 3600)
    status, problem = await steps.request(service)
    assert (status, problem["code"], problem["retryAt"]) == (403, "quiet_hours", "2026-01-03T13:00:00.000Z")


async def test_over_a_limit_is_said_at_once_and_never_queued(service: conftest.Service) -> None:
    answers = await asyncio.gather(*(steps.request(service, to=f"+120155501{i:02d}") for i in range(10, 20)))
    assert sorted(status for status, _ in answers) == [202] * 5 + [429] * 5
    assert len((await service.public("/v1/calls"))[1]["items"]) == 5


async def test_fifty_identical_requests_are_one_call(service: conftest.Service) -> None:
    answers = await asyncio.gather(*(steps.request(service, key="once") for _ in range(50)))
    assert {status for status, _ in answers} == {202}
    (call_id,) = {answer["callId"] for _, answer in answers}
    await steps.joins(service, call_id)
    await steps.says_ready(service, call_id)
    await steps.rings(service, call_id)
    assert (len(service.dialer.dials), len(service.livekit.opened)) == (1, 1)


async def test_the_same_request_later_gets_the_same_answer_whatever_is_forbidden_by_then(
    service: conftest.Service, manual_clock: clock.ManualClock
) -> None:
    first = await steps.request(service, key="once")
    manual_clock.advance(12 * 3600)
    assert await steps.request(service, key="once") == first
    status, problem = await steps.request(service, key="once", firstMessage="Hello.")
    assert (status, problem["code"]) == (409, "idempotency_conflict")


async def test_a_contact_is_called_by_its_id(service: conftest.Service) -> None:
    call = await steps.call(service, await steps.accepted(service, schedule={"at": "2026-01-02T16:00:00Z"}))
    service.clock.advance(1)
    headers = {"Idempotency-Key": "lead"}
    body = {
        "leadId": call["contactId"],
        "agentId": "front-desk",
        "direction": "outbound",
        "firstMessage": "Does the boiler work?",
    }
    path = "/api/v1/voice/calls/initiate"
    status, answer = await service.public(path, "POST", json=body, headers=headers)
    assert (status, answer["interactionId"]) == (202, answer["callId"])
    assert await service.public(path, "POST", json=body, headers=headers) == (202, answer)
    placed = await steps.call(service, answer["callId"])
    assert (placed["to"], placed["contactId"]) == (steps.TO, call["contactId"])
    assert placed["overrides"] == {"firstMessage": "Does the boiler work?"}
    _, page = await service.public(f"/v1/calls?contact={call['contactId']}")
    assert [item["callId"] for item in page["items"]] == [answer["callId"], call["callId"]]


async def test_a_contact_that_is_not_there(service: conftest.Service) -> None:
    body = {"leadId": "ct_00000000000000000000000000", "agentId": "front-desk"}
    status, problem = await service.public("/api/v1/voice/calls/initiate", "POST", json=body)
    assert (status, problem["code"]) == (404, "not_found")


async def test_a_test_contact_meets_the_test_agent(service: conftest.Service) -> None:
    board = service.app[keys.SWITCHBOARD]
    rules = board.configuration.dialing.model_copy(update={"test_agent": "front-desk"})
    board.reconfigure(dataclasses.replace(board.configuration, dialing=rules), doubles.LIVE)
    now = service.clock.now()
    contact = contact_rows.Contact(id="ct_test", e164=steps.TO, is_test=True, created_at=now, updated_at=now)
    async with service.store.writing() as tx:
        await contact_rows.insert(tx, contact)
    at = (now + dt.timedelta(hours=1)).isoformat()
    body = {"leadId": "ct_test", "schedule": {"at": at}}
    status, answer = await service.public("/api/v1/voice/calls/initiate", "POST", json=body)
    assert (status, (await steps.call(service, answer["callId"]))["agentId"]) == (202, "front-desk")


async def test_overrides_are_shown_as_they_were_sent(service: conftest.Service) -> None:
    sent = {
        "intent": {"language": "en-US", "optimizeFor": "latency"},
        "systemPrompt": "You call about the boiler.",
        "llm": {"provider": "openai"},
        "firstMessage": "",
        "ttsOptions": {"voice": "slt"},
    }
    call = await steps.call(service, await steps.accepted(service, **sent))
    assert call["overrides"] == sent


async def test_livekit_being_out_is_no_reason_to_refuse(service: conftest.Service) -> None:
    service.livekit.is_out = True
    call_id = await steps.accepted(service)
    service.livekit.is_out = False
    await steps.joins(service, call_id)
    assert await steps.says_ready(service, call_id) == 204
    await steps.rings(service, call_id)


async def test_a_number_in_a_sip_address_is_a_person_like_any_other(service: conftest.Service) -> None:
    trunk = service.app[keys.SWITCHBOARD].configuration.trunks["lab"].outbound
    assert trunk is not None
    call_id = await steps.accepted(service, to=f"sip:2015550123@{trunk.address}")
    plain_id = await steps.accepted(service)
    _, call = await service.public(f"/v1/calls/{call_id}")
    _, plain = await service.public(f"/v1/calls/{plain_id}")
    assert (call["dialedNumber"], call["contactId"]) == (steps.TO, plain["contactId"])
    await steps.joins(service, call_id)
    _, call = await service.public(f"/v1/calls/{call_id}")
    assert (call["dialedNumber"], call["contactId"]) == (steps.TO, plain["contactId"])

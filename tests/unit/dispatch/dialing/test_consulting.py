"""Calls that we place: the pre-call webhook is asked before any phone rings, and once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callcore import contract
from dispatch.dialing import readiness
from sip_config import configurations, schema
from tests.unit.dispatch import conftest
from tests.unit.dispatch.dialing import steps
from tests.unit.dispatch.pre_call import conftest as asking
from tests.unit.dispatch.pre_call import endpoints

pytestmark = pytest.mark.unit


endpoint = asking.endpoint


@pytest.fixture
def on_error() -> str:
    return "default_agent"


@pytest.fixture
def configuration(
    configuration: configurations.Configuration, endpoint: endpoints.Endpoint, on_error: str
) -> configurations.Configuration:
    target = schema.PreCall.model_validate({"url": endpoint.url, "timeout": "7s", "on_error": on_error})
    return asking.asking(configuration, target)


async def told(service: conftest.Service, call_id: str, kind: str) -> list[dict[str, Any]]:
    _, body = await service.public(f"/v1/calls/{call_id}/events")
    return [event["data"] for event in body["events"] if event["type"] == kind]


async def test_the_answer_counts_over_what_the_client_asked_for(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    endpoint.answer = endpoints.says({"metadata": {"order": "8"}, "variables": {"who": "Bo"}})
    call_id = await steps.accepted(
        service,
        firstMessage="Hello {{ variables.who }}.",
        metadata={"order": "7", "shop": "1"},
        variables={"who": "Al"},
    )
    plan = (await steps.joins(service, call_id)).plan
    assert isinstance(plan, contract.Converse)
    assert plan.agent.greeting == "Hello Bo."
    assert (plan.metadata["order"], plan.metadata["shop"]) == ("8", "1")
    (body,) = endpoint.bodies
    assert (body["direction"], body["to"], body["call_control_id"]) == ("outbound", steps.TO, None)
    assert (body["metadata"]["order"], body["variables"]) == ("7", {"who": "Al"})
    (event,) = await told(service, call_id, "call.pre_call")
    assert event["result"] == "accepted"
    assert service.dialer.dials == []


@pytest.mark.parametrize(
    ("on_error", "answer", "code"),
    [
        ("default_agent", endpoints.says({"reject": {"reason": "No", "code": 603}}), "pre_call_rejected"),
        ("reject", endpoints.says({}, 500), "pre_call_failed"),
    ],
)
async def test_a_call_that_is_not_wanted_is_not_dialed(
    service: conftest.Service, endpoint: endpoints.Endpoint, answer: endpoints.Handler, code: str
) -> None:
    endpoint.answer = answer
    call_id = await steps.accepted(service)
    call = await steps.comes_to(service, call_id, "ended")
    assert call["termination"]["reason"] == "policy_refused"
    assert await told(service, call_id, "call.refused") == [{"code": code, "retry_at": None, "scope": None}]
    assert len(await told(service, call_id, "call.pre_call")) == 1
    assert service.dialer.dials == []


async def test_a_call_that_ends_while_somebody_is_asked_is_not_dialed(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    gate = asyncio.Event()
    endpoint.answer = endpoints.held(gate, {"firstMessage": "Hi."})
    call_id = await steps.accepted(service)
    await endpoint.asked.wait()
    status, _ = await service.public(f"/v1/calls/{call_id}/hangup", "POST")
    assert status == 200
    gate.set()
    await steps.comes_to(service, call_id, "ended")
    assert service.dialer.dials == []


async def test_another_try_with_a_second_job_asks_nobody_again(
    service: conftest.Service, endpoint: endpoints.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.answer = endpoints.says({"firstMessage": "Hi."})
    monkeypatch.setattr(readiness, "_READY_S", 0.0)  # no job is ever in time
    call_id = await steps.accepted(service)
    await steps.comes_to(service, call_id, "ended")
    assert len([room for room, _ in service.livekit.opened if room == call_id]) == 2
    assert len(endpoint.bodies) == len(await told(service, call_id, "call.pre_call")) == 1

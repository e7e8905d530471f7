"""Calls that ring here: the endpoint is asked once, while the job gets ready by a draft, and its answer counts."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from callcore import contract, endings
from dispatch import keys
from dispatch.store import briefs
from dispatch.webhooks.pre_call import inbound
from sip_config import configurations, schema
from tests.unit.dispatch import conftest, doubles, samples
from tests.unit.dispatch.pre_call import conftest as asking
from tests.unit.dispatch.pre_call import endpoints

pytestmark = pytest.mark.unit

PATH = "/internal/calls"


async def announce(service: conftest.Service, **changes: Any) -> contract.CallAccepted:
    status, body = await service.internal("POST", PATH, samples.intake(**changes))
    assert status == 200, body
    return contract.CallAccepted.model_validate(body)


async def plan(service: conftest.Service, call_id: str) -> contract.Plan:
    status, body = await service.internal("GET", f"{PATH}/{call_id}/plan")
    assert status == 200, body
    return contract.CallPlan.model_validate(body).plan


async def decided(service: conftest.Service) -> contract.Plan:
    return await plan(service, (await announce(service)).call_id)


def asks(service: conftest.Service, **changes: Any) -> None:
    """Have the agent ask in another way from now on."""
    board = service.app[keys.SWITCHBOARD]
    target = board.configuration.agents["front-desk"].settings.webhooks.pre_call
    assert target is not None
    board.reconfigure(asking.asking(board.configuration, target.model_copy(update=changes)), None)


async def noted(service: conftest.Service) -> list[dict[str, Any]]:
    """What the ledger tells of asking."""
    call = await service.only_call()
    _, body = await service.public(f"/v1/calls/{call['callId']}/events")
    return [event["data"] for event in body["events"] if event["type"] == "call.pre_call"]


async def result(service: conftest.Service) -> dict[str, Any]:
    (data,) = await noted(service)
    assert data.pop("took_ms") >= 0
    return {name: value for name, value in data.items() if value is not None}


async def test_the_job_has_a_draft_while_the_endpoint_is_asked(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    gate = asyncio.Event()
    endpoint.answer = endpoints.held(gate, {"firstMessage": "Hi.", "metadata": {"tier": "gold"}})
    accepted = await announce(service)
    assert accepted.plan is None
    assert isinstance(accepted.draft, contract.Converse)
    assert accepted.draft.agent.greeting.startswith("Thank")
    assert asking.BUDGET_S < accepted.plan_within_s <= asking.BUDGET_S + 1
    await endpoint.asked.wait()  # although nobody has polled
    gate.set()
    final = await plan(service, accepted.call_id)
    assert isinstance(final, contract.Converse)
    assert final.agent.greeting == "Hi."
    assert final.agent.agent_version.startswith(f"{accepted.draft.agent.agent_version}+")
    assert final.metadata == {**accepted.draft.metadata, "tier": "gold"}
    assert await result(service) == {"result": "accepted"}
    assert await plan(service, accepted.call_id) == final


async def test_it_is_told_who_calls_whom_and_what_the_agent_would_use(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    accepted = await announce(service)
    await plan(service, accepted.call_id)
    (body,) = endpoint.bodies
    draft = accepted.draft
    assert isinstance(draft, contract.Converse)
    assert body == {
        "type": "call.pre_call",
        "call_id": accepted.call_id,
        "session_id": accepted.call_id,
        "organization_id": "acme",
        "direction": "inbound",
        "to": doubles.DIALED,
        "from": samples.CALLER,
        "dialed_number": doubles.DIALED,
        "forwarded_from_number": None,
        "phone_number_id": doubles.DIALED,
        "call_control_id": "abc@127.0.0.1",
        "pipeline_config": {
            "agent_id": "front-desk",
            "agent_version": draft.agent.agent_version,
            "language": "en-US",
            "stt": {"provider": "offline", "model": None, "voice": None, "language": None},
            "llm": {"provider": "offline", "model": None, "voice": None, "language": None},
            "tts": {"provider": "offline", "model": None, "voice": "slt", "language": None},
            "tools": ["end_call", "do_not_call"],
        },
        "metadata": draft.metadata,
        "variables": {},
        "contact": {
            "is_known": False,
            "name": None,
            "status": None,
            "do_not_call": False,
            "calls": 0,
            "last_call": None,
            "history": [],
            "fields": {},
        },
    }
    assert endpoint.headers[0]["Content-Type"] == "application/json"


async def test_an_answer_that_wants_nothing_leaves_the_draft_as_it_is(service: conftest.Service) -> None:
    accepted = await announce(service)
    assert await plan(service, accepted.call_id) == accepted.draft
    assert await result(service) == {"result": "unchanged"}


async def test_one_question_however_often_the_job_announces_and_polls(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    gate = asyncio.Event()
    endpoint.answer = endpoints.held(gate, {"metadata": {"a": "b"}})
    first, second = await announce(service), await announce(service)
    polls = [asyncio.create_task(plan(service, first.call_id)) for _ in range(3)]
    await endpoint.asked.wait()
    gate.set()
    plans = await asyncio.gather(*polls)
    assert second.draft == first.draft
    assert plans[0] == plans[1] == plans[2]
    assert len(endpoint.bodies) == len(await noted(service)) == 1
    assert (await announce(service)).plan is not None


async def test_a_rejected_caller_is_refused_with_the_reason(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    endpoint.answer = endpoints.says({"reject": {"reason": 'Not\r\n"now"', "code": 603}})
    assert await decided(service) == contract.Refuse(
        reason=endings.Reason.POLICY_REFUSED, sip_status_code=603, text="Not 'now'"
    )
    assert await result(service) == {"result": "rejected"}


async def test_another_agent_can_take_the_call(service: conftest.Service, endpoint: endpoints.Endpoint) -> None:
    endpoint.answer = endpoints.says({"agent_id": "sales", "tools": ["end_call"], "pronunciations": {"Acme": "Ack me"}})
    final = await decided(service)
    assert isinstance(final, contract.Converse)
    assert (final.agent.agent_id, final.agent.name, final.agent.tools) == ("sales", "Sam", ("end_call",))
    assert final.agent.pronunciations["Acme"] == "Ack me"
    assert "+" in final.agent.agent_version


@pytest.mark.parametrize(
    ("answer", "error"),
    [(endpoints.hangs, "timeout"), (endpoints.says({"llm": {"base_url": "https://evil.example"}}), "answer_invalid")],
)
async def test_what_cannot_be_followed_leaves_the_call_to_the_agent(
    service: conftest.Service, endpoint: endpoints.Endpoint, answer: endpoints.Handler, error: str
) -> None:
    endpoint.answer = answer
    if error == "timeout":
        asks(service, timeout=dt.timedelta(seconds=0.1))
    accepted = await announce(service)
    assert await plan(service, accepted.call_id) == accepted.draft
    told = await result(service)
    told.pop("problem", None)
    assert told == {"result": "failed", "error": error, "on_error": "default_agent"}
    assert len(endpoint.bodies) <= 1


async def test_keys_without_meaning_are_named_and_have_no_effect(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    endpoint.answer = endpoints.says(
        {"firstMessage": "Hi.", "backgroundAudio": {}, "call +1 201": 1, "x": {"api_key": 1}}
    )
    final = await decided(service)
    assert isinstance(final, contract.Converse)
    assert final.agent.greeting == "Hi."
    assert await result(service) == {"result": "accepted", "ignored": "backgroundAudio, …, x"}


async def test_a_call_that_no_agent_takes_is_not_asked_about(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    accepted = await announce(service, dialed="+12015550999")
    assert accepted.plan is not None
    assert isinstance(accepted.plan.plan, contract.Refuse)
    assert endpoint.bodies == []


async def test_before_livekits_objects_are_known_the_poll_asks(
    service: conftest.Service, endpoint: endpoints.Endpoint, configuration: configurations.Configuration
) -> None:
    service.objects.is_out = True
    service.app[keys.SWITCHBOARD]._board = type(service.app[keys.SWITCHBOARD]._board)(
        configuration=configuration, live=None
    )
    endpoint.answer = endpoints.says({"firstMessage": "Hi."})
    accepted = await announce(service)
    assert (accepted.plan, accepted.draft) == (None, None)
    assert accepted.plan_within_s > asking.BUDGET_S
    service.app[keys.SWITCHBOARD].connect(doubles.LIVE)
    final = await plan(service, accepted.call_id)
    assert isinstance(final, contract.Converse)
    assert final.agent.greeting == "Hi."


async def test_a_call_that_is_over_before_the_answer_needs_none(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    gate = asyncio.Event()
    endpoint.answer = endpoints.held(gate, {"firstMessage": "Hi."})
    accepted = await announce(service)
    await endpoint.asked.wait()
    await service.deliver(samples.arrived(), samples.ENDED)
    task = service.app[keys.PRE_CALL].inbound._tasks[accepted.call_id]
    gate.set()
    await task
    assert await noted(service) == []


async def test_where_another_process_asks_its_verdict_is_waited_for(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    accepted = await announce(service)
    final = await plan(service, accepted.call_id)
    other = (await service.app[keys.LEDGER].admit(samples.intake("call_2", job="AJ_2"), None)).entry.call.id
    async with service.store.writing() as tx:
        assert await briefs.claim_question(tx, other, service.clock.now() + dt.timedelta(seconds=5))
    waiting = asyncio.create_task(plan(service, other))
    await asyncio.sleep(0)
    await service.app[keys.LEDGER].keep_plan(other, final)
    assert await waiting == final
    assert len(endpoint.bodies) == 1


@pytest.mark.parametrize("on_error", ["default_agent", "reject"])
async def test_whoever_asked_and_is_gone_is_waited_for_no_longer_than_promised(
    service: conftest.Service, endpoint: endpoints.Endpoint, on_error: str
) -> None:
    asks(service, on_error=schema.OnError(on_error))
    admitted = await service.app[keys.LEDGER].admit(samples.intake(), None)
    call_id = admitted.entry.call.id
    async with service.store.writing() as tx:
        assert await briefs.claim_question(tx, call_id, service.clock.now() + dt.timedelta(seconds=1))
    service.clock.advance(1)
    final = await plan(service, call_id)
    assert isinstance(final, contract.Refuse) is (on_error == "reject")
    assert await result(service) == {"result": "failed", "error": "gone", "on_error": on_error}
    assert endpoint.bodies == []


async def test_more_questions_than_can_be_asked_at_once_keep_no_caller_waiting(
    service: conftest.Service, endpoint: endpoints.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "_MOST", 0)
    accepted = await announce(service)
    assert await plan(service, accepted.call_id) == accepted.draft
    assert await result(service) == {"result": "failed", "error": "too_many", "on_error": "default_agent"}
    assert endpoint.bodies == []


async def test_when_this_process_ends_nobody_is_left_waiting(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    endpoint.answer = endpoints.hangs
    accepted = await announce(service)
    await endpoint.asked.wait()
    questions = service.app[keys.PRE_CALL].inbound
    waiting = asyncio.create_task(questions.joined(accepted.call_id))
    await asyncio.sleep(0)  # it runs up to where it waits
    await questions.aclose()
    with pytest.raises(inbound.GivenUp):
        await waiting


async def test_a_process_that_ends_asks_nobody_any_more(
    service: conftest.Service, endpoint: endpoints.Endpoint
) -> None:
    await service.app[keys.PRE_CALL].inbound.aclose()
    status, _ = await service.internal("POST", PATH, samples.intake())
    assert status == 503
    assert endpoint.bodies == []

"""Samples, and what is told of an endpoint that gets them."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from callcore import signing
from dispatch import app as dispatch_app
from dispatch.webhooks import client, faults, samples, targets, wording
from lab import receiver
from sip_config import configurations, schema
from tests.unit.dispatch import conftest
from tests.unit.dispatch import samples as facts
from tests.unit.dispatch.webhooks import kits

pytestmark = pytest.mark.unit

KINDS = ("pre_call", "status", "post_call", "lead_updated")


@pytest.fixture
def parts(parts: dispatch_app.Parts, hooks: receiver.Receiver) -> dispatch_app.Parts:
    urls = {kind: hooks.url(kind) for kind in KINDS}
    return dataclasses.replace(parts, configuration=kits.configured(parts.configuration, hooks, **urls))


async def tried(service: conftest.Service, **wanted: str) -> dict[str, Any]:
    status, answer = await service.public("/v1/webhooks/test", "POST", json=wanted)
    assert status == 200, answer
    found: dict[str, Any] = answer
    return found


async def problem_of(service: conftest.Service, kind: str) -> tuple[str | None, str | None]:
    found = await tried(service, kind=kind)
    (trial,) = found["results"]
    assert found["ok"] is trial["ok"]
    assert trial["ok"] is (trial["error"] is None)
    return trial["error"], trial["problem"]


def signed_id(service: conftest.Service, request: receiver.Request) -> str:
    """The id of what came, whose signature has to hold."""
    secret = signing.Secret.parse(kits.SECRET)
    return signing.verify(request.headers, request.body, [secret], service.clock.now())


async def test_each_webhook_gets_a_signed_sample_of_its_kind(
    service: conftest.Service, hooks: receiver.Receiver
) -> None:
    found = await tried(service)
    assert found["ok"] is True
    assert [trial["kind"] for trial in found["results"]] == list(KINDS)
    for trial in found["results"]:
        (request,) = hooks.requests(trial["kind"])
        assert signed_id(service, request) == trial["messageId"]
        assert trial["messageId"].startswith("test_")
        assert (trial["statusCode"], trial["problem"], trial["agentIds"]) == (200, None, [kits.AGENT])
    assert (await service.public("/v1/webhooks/deliveries"))[1]["items"] == [], "nothing of it is kept"


async def test_what_is_wrong_is_told_in_words(service: conftest.Service, hooks: receiver.Receiver) -> None:
    hooks.answer("status", receiver.Answer(status=401))
    error, problem = await problem_of(service, "status")
    assert error == "bad_status"
    assert problem is not None
    assert "secret" in problem
    hooks.answer("post_call", receiver.Answer(status=302, headers={"Location": hooks.url("elsewhere")}))
    assert (await problem_of(service, "post_call"))[0] == "redirect"
    assert hooks.requests("elsewhere") == []
    await hooks.go_down()
    assert (await problem_of(service, "lead_updated"))[0] == "connect_failed"


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ({"firstMessage": "Hello!"}, None, ""),
        ({"reject": {"reason": "closed"}}, None, ""),
        ({"firstMessage": 7}, "answer_invalid", "firstMessage"),
        ({"agentId": "nobody"}, "answer_invalid", "agentId"),
        (["Hello!"], "not_json", "JSON object"),
    ],
)
async def test_a_pre_call_answer_has_to_make_sense(
    service: conftest.Service, hooks: receiver.Receiver, answer: Any, error: str | None, words: str
) -> None:
    hooks.answer("pre_call", receiver.Answer(body=json.dumps(answer).encode()))
    found, problem = await problem_of(service, "pre_call")
    assert found == error
    assert words in (problem or "")


async def test_keys_of_no_effect_are_named(service: conftest.Service, hooks: receiver.Receiver) -> None:
    hooks.answer("pre_call", receiver.Answer.of({"greeting": "Hello!"}))
    (trial,) = (await tried(service, kind="pre_call"))["results"]
    assert (trial["ok"], trial["ignored"]) == (True, ["greeting"])


async def test_a_url_can_be_tried_before_it_is_configured(service: conftest.Service, hooks: receiver.Receiver) -> None:
    found = await tried(service, url=hooks.url("new"), kind="status")
    assert (found["ok"], found["results"][0]["agentIds"]) == (True, [])
    (request,) = hooks.requests("new")
    assert signed_id(service, request) == found["results"][0]["messageId"]


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"url": "https://user:password@hooks.example.com/"}, "url"),
        ({"url": "nowhere"}, "url"),
        ({"agentId": "nobody"}, "agentId"),
        ({"kind": "test"}, "kind"),
    ],
)
async def test_what_cannot_be_tried_is_refused(service: conftest.Service, wanted: dict[str, str], path: str) -> None:
    status, answer = await service.public("/v1/webhooks/test", "POST", json=wanted)
    assert (status, [error["path"] for error in answer["errors"]]) == (422, [path])


async def test_who_is_refused_a_url_reads_what_would_allow_it(service: conftest.Service) -> None:
    _, answer = await service.public("/v1/webhooks/test", "POST", json={"url": "http://10.0.0.7:5678/"})
    assert "`10.0.0.7:5678` to `webhooks.allow`" in answer["errors"][0]["message"]


async def test_without_a_webhook_there_is_nothing_to_try(service: conftest.Service) -> None:
    service.files.content = dataclasses.replace(
        (content := service.files.load()), agents={name: plain(agent) for name, agent in content.agents.items()}
    )
    assert (await service.public("/v1/config/reload", "POST", json={}))[0] == 200
    status, answer = await service.public("/v1/webhooks/test", "POST", json={})
    assert (status, answer["errors"][0]["path"]) == (422, "url")


def plain(agent: configurations.Agent) -> configurations.Agent:
    settings = agent.settings.model_copy(update={"webhooks": schema.AgentWebhooks()})
    return dataclasses.replace(agent, settings=settings)


@pytest.mark.parametrize("kind", samples.KINDS)
def test_a_sample_is_of_its_kind_and_says_that_it_is_one(
    kind: targets.Kind, configuration: configurations.Configuration
) -> None:
    types = {"pre_call": "call.pre_call", "status": "call.status", "post_call": "call.report"}
    for agent in (configuration.agents[kits.AGENT], None):
        made = samples.body(kind, agent, facts.START)
        assert type(made).model_validate_json(made.text()) == made
        body = json.loads(made.text())
        assert body["type"] == types.get(kind.value, "lead.updated")
        assert body.get("metadata", samples.METADATA) == samples.METADATA
        assert (kits.AGENT in json.dumps(body)) is (agent is not None) or kind is targets.Kind.STATUS


@pytest.mark.parametrize("fault", faults.Fault)
def test_every_fault_has_words(fault: faults.Fault) -> None:
    assert wording.of(client.Answer(error=fault.value), fault.value).endswith(".")


@pytest.mark.parametrize("status", [199, 300, 400, 401, 410, 429, 500, 599])
def test_every_status_that_is_no_success_has_words(status: int) -> None:
    assert wording.of(client.Answer(status_code=status), "bad_status")

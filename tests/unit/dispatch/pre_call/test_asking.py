"""Failures, the fallback and the breaker: a verdict always comes, and an endpoint that is down costs nobody time."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime as dt
import json
from typing import Any

import pytest

from callcore import contract
from dispatch.webhooks import client, faults
from dispatch.webhooks.pre_call import asking, breakers, verdicts
from sip_config import configurations, schema
from tests.unit.dispatch.pre_call.askers import CUT_SHORT, DOWN, MAIN, OK, OTHER, RESET, UNREACHED, Asker, poster

pytestmark = pytest.mark.unit


@pytest.fixture
def base(plain_configuration: configurations.Configuration) -> configurations.Configuration:
    return plain_configuration


@pytest.mark.parametrize("answer", [UNREACHED, RESET])
async def test_a_connection_that_fails_or_that_its_server_had_closed_is_tried_once_more(
    base: configurations.Configuration, answer: client.Answer
) -> None:
    again = Asker(base, poster(answer, OK))
    assert (await again.ask()).result is verdicts.Result.ACCEPTED
    ids = [headers["webhook-id"] for _, headers, _ in again.poster.asked]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    still = Asker(base, poster(answer))
    assert (await still.ask()).error == answer.error
    assert len(still.poster.asked) == 2


@pytest.mark.parametrize("answer", [DOWN, CUT_SHORT, client.Answer(status_code=503)])
async def test_no_other_failure_is(base: configurations.Configuration, answer: client.Answer) -> None:
    once = Asker(base, poster(answer, OK))
    assert (await once.ask()).result is verdicts.Result.FAILED
    assert len(once.poster.asked) == 1


async def test_each_question_has_an_id_of_its_own(base: configurations.Configuration) -> None:
    asker = Asker(base, poster(OK))
    await asker.ask()
    await asker.ask()
    first, second = (headers["webhook-id"] for _, headers, _ in asker.poster.asked)
    assert first != second


async def test_the_last_third_of_the_time_is_the_fallbacks(base: configurations.Configuration) -> None:
    asker = Asker(base, poster(DOWN), on_error="fallback_url", fallback_url=OTHER)
    asker.poster.answers[OTHER] = collections.deque([OK])
    verdict = await asker.ask()
    assert (verdict.result, verdict.error, verdict.on_error) == (
        verdicts.Result.ACCEPTED,
        "timeout",
        schema.OnError.FALLBACK_URL,
    )
    (_, _, first), (_, _, second) = asker.poster.asked
    assert first <= 7 * 2 / 3
    assert second <= 7


async def test_a_fallback_that_there_is_no_time_to_ask_is_not_held_to_have_failed(
    base: configurations.Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breakers, "FAILURES", 1)
    asker = Asker(base, poster(OK, other=OK), timeout="100ms", on_error="fallback_url", fallback_url=OTHER)
    asker.poster.hangs_at = MAIN  # and forgets its time
    assert (await asker.ask()).result is verdicts.Result.FAILED
    assert asker.poster.urls == [MAIN]
    patient = asker.question.target.model_copy(update={"timeout": dt.timedelta(seconds=7)})
    asker.question = dataclasses.replace(asker.question, target=patient)
    assert (await asker.ask()).result is verdicts.Result.ACCEPTED
    assert asker.poster.urls == [MAIN, OTHER]


async def test_a_fault_of_ours_leaves_the_call_to_the_agent_and_opens_nothing(
    base: configurations.Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breakers, "FAILURES", 1)

    def remake(_: object) -> contract.Converse:
        raise ZeroDivisionError

    asker = Asker(base, poster(OK))
    asker.question = dataclasses.replace(asker.question, remake=remake)
    for _ in range(2):
        verdict = await asker.ask()
        assert (verdict.plan, verdict.error) == (asker.question.draft, "failed")


async def test_where_the_fallback_fails_too_the_agent_takes_the_call(base: configurations.Configuration) -> None:
    asker = Asker(base, poster(DOWN, DOWN), on_error="fallback_url", fallback_url=OTHER)
    verdict = await asker.ask()
    assert verdict.plan == asker.question.draft
    assert (verdict.result, verdict.on_error) == (verdicts.Result.FAILED, schema.OnError.FALLBACK_URL)
    assert asker.poster.urls == [MAIN, OTHER]


async def test_on_error_reject_refuses(base: configurations.Configuration) -> None:
    verdict = await Asker(base, poster(DOWN), on_error="reject").ask()
    assert isinstance(verdict.plan, contract.Refuse)
    assert verdict.plan.sip_status_code == 480


async def test_a_client_that_forgets_the_time_is_cut_off(base: configurations.Configuration) -> None:
    asker = Asker(base, poster(OK), timeout="100ms")
    asker.poster.hangs_at = MAIN
    async with asyncio.timeout(10):
        assert (await asker.ask()).error == "timeout"


async def test_without_a_secret_nobody_is_asked(base: configurations.Configuration) -> None:
    asker = Asker(base, poster(OK))
    unsigned = dataclasses.replace(asker.question.configuration, webhooks=schema.Webhooks())
    occasion = dataclasses.replace(asker.question.occasion, configuration=unsigned)
    asker.question = dataclasses.replace(asker.question, occasion=occasion)
    assert (await asker.ask()).error == faults.Fault.NO_SECRET
    assert asker.poster.asked == []


async def test_five_failures_open_the_breaker_and_one_probe_closes_it(base: configurations.Configuration) -> None:
    asker = Asker(base, poster(*[DOWN] * breakers.FAILURES, DOWN, OK))
    for _ in range(breakers.FAILURES):
        assert (await asker.ask()).result is verdicts.Result.FAILED
    asker.clock.advance(breakers.OPEN_S - 1)
    shut = await asker.ask()
    assert (shut.result, shut.plan) == (verdicts.Result.BREAKER_OPEN, asker.question.draft)
    assert len(asker.poster.asked) == breakers.FAILURES
    asker.clock.advance(1)
    assert (await asker.ask()).result is verdicts.Result.FAILED  # the probe, which opens it anew
    assert (await asker.ask()).result is verdicts.Result.BREAKER_OPEN
    asker.clock.advance(breakers.OPEN_S)
    assert (await asker.ask()).result is verdicts.Result.ACCEPTED
    assert (await asker.ask()).result is verdicts.Result.ACCEPTED


async def test_while_the_breaker_is_open_the_fallback_is_asked_at_once(base: configurations.Configuration) -> None:
    asker = Asker(base, poster(DOWN, other=OK), on_error="fallback_url", fallback_url=OTHER)
    for _ in range(breakers.FAILURES):
        await asker.ask()
    asker.poster.asked.clear()
    assert (await asker.ask()).error == asking.BREAKER_OPEN
    assert asker.poster.urls == [OTHER]


async def test_an_answer_that_does_not_fit_one_call_opens_nothing(base: configurations.Configuration) -> None:
    asker = Asker(base, poster(client.Answer(status_code=200, body=b'{"voice": 5}')))
    for _ in range(breakers.FAILURES + 1):
        assert (await asker.ask()).error == asking.INVALID
    assert len(asker.poster.asked) == breakers.FAILURES + 1


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"firstMessage": 5}, "firstMessage"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"metadata": {"+12015550123": "x"}}, None),
        ({"reject": {"code": "603"}}, "reject.code"),
        ({"reject": {"code": 200}}, "reject.code"),
        ({"llm": {"base_url": "https://evil.example"}}, "llm.base_url"),
        ({"llm": {"apiKey": "x"}}, "llm.apiKey"),
        ({"llm": {"provider": "offline", "flow": "other.flow.yaml"}}, "llm.flow"),
        ({"pipelineConfig": {"sttOptions": {"baseUrl": "https://evil.example"}}}, "sttOptions.baseUrl"),
        ({"apiKey": "x"}, "apiKey"),
        ({"ttsOptions": {"voice": "${HOME}"}}, "ttsOptions.voice"),
        ({"tools": [{"http": {"url": "https://evil.example"}}]}, "tools.0"),
        ({"tools": ["http"]}, "tools.0"),
        ({"agentId": "nobody"}, "agentId"),
        ({"llm": {"baseURL": "https://evil.example"}}, "llm.baseURL"),
        ({"llm": {"API_KEY": "x"}}, "llm.API_KEY"),
        ({"firstMessage": "{{ nothing_such }}"}, "firstMessage"),
        ({"firstMessage": "{% for a in 'aa' %}{% for b in 'bb' %}b{% endfor %}{% endfor %}"}, "firstMessage"),
        ({"firstMessage": "{{ 'a' * 1000 }}"}, "firstMessage"),
        ({"firstMessage": "{{ 1 / 0 }}"}, "firstMessage"),
        ({"firstMessage": "Hi\0"}, "firstMessage"),
        ({"intent": {"optimizeFor": "fame"}}, "intent.optimizeFor"),
        ({"voice": "nobody"}, "voice"),
        ({"systemPrompt": "A scripted agent has none."}, "systemPrompt"),
        ({"firstMessage": "a", "pipeline_config": {"first_message": "b"}}, "first_message"),
        ({"variables": {f"n{number}": "" for number in range(51)}}, "variables"),
    ],
)
async def test_what_nobody_may_set_or_nobody_has_makes_the_whole_answer_an_error(
    base: configurations.Configuration, wanted: dict[str, Any], problem: str | None
) -> None:
    body = json.dumps({"metadata": {"kept": "no"}} | wanted).encode()
    asker = Asker(base, poster(client.Answer(status_code=200, body=body)))
    verdict = await asker.ask()
    assert verdict.plan == asker.question.draft
    assert (verdict.result, verdict.error, verdict.problem) == (verdicts.Result.FAILED, asking.INVALID, problem)


async def test_the_later_counts(base: configurations.Configuration) -> None:
    body = {
        "intent": {"optimizeFor": "latency"},
        "voice": "rms",
        "ttsOptions": {"voice": "awb"},
        "variables": {"a": "b"},
    }
    asker = Asker(base, poster(client.Answer(status_code=200, body=json.dumps({"pipelineConfig": body}).encode())))
    plan = (await asker.ask()).plan
    assert isinstance(plan, contract.Converse)
    assert plan.agent.tts.model_dump() == {"provider": "offline", "voice": "awb"}
    assert plan.agent.turns.min_delay_s < asker.question.draft.agent.turns.min_delay_s


def test_only_one_request_tries_whether_an_endpoint_is_back() -> None:
    now = 0.0
    breaker = breakers.Breaker(lambda: now)
    for _ in range(breakers.FAILURES):
        assert breaker.admits()
        breaker.failed()
    now = breakers.OPEN_S
    assert [breaker.admits(), breaker.admits()] == [True, False]
    breaker.withdrawn()
    assert [breaker.admits(), breaker.admits()] == [True, False]
    breaker.succeeded()
    assert breaker.admits()


def test_a_success_in_between_begins_the_count_anew() -> None:
    breaker = breakers.Breaker(lambda: 0.0)
    for _ in range(breakers.FAILURES - 1):
        breaker.failed()
    breaker.succeeded()
    for _ in range(breakers.FAILURES - 1):
        breaker.failed()
    assert breaker.admits()

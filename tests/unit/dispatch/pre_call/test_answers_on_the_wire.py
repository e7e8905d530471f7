"""What endpoints do instead of answering, by a real client: a verdict comes all the same, and in time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from callcore import addresses
from dispatch.webhooks import client
from dispatch.webhooks.pre_call import verdicts
from sip_config import configurations
from tests.unit.dispatch.pre_call import askers, endpoints

pytestmark = pytest.mark.unit


@pytest.fixture
async def real_client() -> AsyncIterator[client.Client]:
    made = client.Client(lambda: addresses.Allowed.parse(["127.0.0.0/8"]))
    yield made
    await made.aclose()


@pytest.mark.parametrize(
    ("answer", "error", "times"),
    [
        (endpoints.drips, "timeout", 1),
        (endpoints.resets, "reset", 2),
        (endpoints.says({}, 500), "status_500", 1),
        (endpoints.sends(b"<html>"), "not_json", 1),
        (endpoints.says(["a"]), "not_json", 1),
        (endpoints.sends(b"[" * 60_000), "not_json", 1),
        (endpoints.sends(b'{"voice": "awb", "voice": "rms"}'), "not_json", 1),
        (endpoints.bomb, "too_large", 1),
        (endpoints.sends(b"", 302, {"Location": "/other"}), "redirect", 1),
    ],
)
async def test_the_call_is_the_agents(
    plain_configuration: configurations.Configuration,
    real_client: client.Client,
    endpoint: endpoints.Endpoint,
    answer: endpoints.Handler,
    error: str,
    times: int,
) -> None:
    endpoint.answer = answer
    timeout = "100ms" if error == "timeout" else "7s"
    asker = askers.Asker(plain_configuration, real_client, url=endpoint.url, timeout=timeout)
    verdict = await asker.ask()
    assert (verdict.plan, verdict.result, verdict.error) == (asker.question.draft, verdicts.Result.FAILED, error)
    assert len(endpoint.bodies) <= times
    if error != "timeout":
        assert len(endpoint.bodies) == times


async def test_a_kept_connection_that_the_server_has_closed_costs_no_call_its_answer(
    plain_configuration: configurations.Configuration, real_client: client.Client, endpoint: endpoints.Endpoint
) -> None:
    asker = askers.Asker(plain_configuration, real_client, url=endpoint.url)
    assert (await asker.ask()).error is None
    endpoint.answer = endpoints.resets_once(endpoints.says({"firstMessage": "Hi."}))
    assert (await asker.ask()).result is verdicts.Result.ACCEPTED
    assert len(set(endpoint.ids[1:])) == 1

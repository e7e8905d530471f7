"""What operators see of webhooks by the API, and sending them again."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from callcore import signing
from dispatch import app as dispatch_app
from dispatch import keys
from dispatch.access import issuing, scopes
from dispatch.store import attempts, delivery_results, endpoints
from dispatch.webhooks import posting, targets
from lab import receiver
from tests.unit.dispatch import conftest, samples
from tests.unit.dispatch.webhooks import kits

pytestmark = pytest.mark.unit

LIST = "/v1/webhooks/deliveries"
ENDPOINTS = "/v1/webhooks/endpoints"
BODY = '{"type": "call.status"}'
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def parts(parts: dispatch_app.Parts, hooks: receiver.Receiver) -> dispatch_app.Parts:
    configuration = kits.configured(parts.configuration, hooks, status=hooks.url("status") + "?token=hidden")
    return dataclasses.replace(parts, configuration=configuration)


async def sent(service: conftest.Service, url: str, *ages: dt.timedelta, kind: str = "status") -> list[str]:
    """Deliveries that failed with 503 at so much before now, the oldest first; their ids."""
    found: list[str] = []
    async with service.store.writing() as tx:
        for age in sorted(ages, reverse=True):
            at = service.clock.now() - age
            made = await posting.enqueue(
                tx,
                kind=targets.Kind(kind),
                message_id=f"evt_{len(found)}_{kind}",
                type="call.status",
                body=BODY,
                target_url=url,
                agent_id=kits.AGENT,
                call_id=None,
                event_at=at,
            )
            failed = dataclasses.replace(posting.given_up(made, "bad_status", at), attempts=1, step=1)
            attempt = attempts.Attempt(
                delivery_id=made.id, number=1, at=at, latency_s=0.5, status_code=503, error="bad_status", response="no"
            )
            await attempts.insert(tx, [attempt])
            await delivery_results.finish(tx, [failed])
            found.append(made.id)
    return found


async def asked(service: conftest.Service, path: str, **query: Any) -> Any:
    status, answer = await service.public(path, params=query)
    assert status == 200
    return answer


async def deliver(service: conftest.Service) -> None:
    """Let everything that is due be sent."""
    sending = service.app[keys.DELIVERIES]
    sending.wake()
    await sending.step()
    await sending.settle()
    await sending.step()


async def a_key(service: conftest.Service, *held: scopes.Scope) -> dict[str, str]:
    async with service.store.writing() as tx:
        made = await issuing.create(tx, issuing.NewKey(scopes=held), service.clock.now())
    return {"Authorization": f"Bearer {made.key}"}


async def test_what_was_sent_is_listed_newest_first_and_narrowed(
    service: conftest.Service, hooks: receiver.Receiver
) -> None:
    url = hooks.url("status")
    old, new = await sent(service, url, 2 * HOUR, HOUR)
    (report,) = await sent(service, hooks.url("post_call"), 3 * HOUR, kind="post_call")

    async def ids(**query: Any) -> list[str]:
        return [item["id"] for item in (await asked(service, LIST, **query))["items"]]

    assert await ids() == [new, old, report]
    assert await ids(kind="post_call") == [report]
    assert await ids(url=url) == [new, old]
    assert await ids(state="delivered") == []
    assert await ids(**{"from": (service.clock.now() - 2 * HOUR).isoformat()}) == [new, old]
    assert await ids(to=(service.clock.now() - HOUR).isoformat()) == [old, report]
    assert await ids(callId="call_other") == []
    page = await asked(service, LIST, limit=2)
    rest = await asked(service, LIST, limit=2, cursor=page["nextCursor"])
    assert [item["id"] for item in rest["items"]] == [report]
    assert rest["nextCursor"] is None
    (item,) = (await asked(service, LIST, kind="post_call"))["items"]
    assert (item["state"], item["attemptCount"], item["lastStatusCode"], item["lastError"]) == (
        "failed",
        1,
        503,
        "bad_status",
    )
    assert item["nextAttemptAt"] is None


async def test_bodies_and_queries_are_for_keys_that_may_see_them(
    service: conftest.Service, hooks: receiver.Receiver
) -> None:
    url = hooks.url("status") + "?token=hidden"
    (delivery,) = await sent(service, url, HOUR)
    whole = await asked(service, f"{LIST}/{delivery}")
    assert (whole["body"], whole["url"], whole["attempts"][0]["response"]) == (BODY, url, "no")

    headers = await a_key(service, scopes.Scope.CONFIG_READ)
    for path in (LIST, f"{LIST}/{delivery}", ENDPOINTS):
        async with service.client.get(path, headers=headers) as response:
            assert response.status == 200
            text = await response.text()
        assert "hidden" not in text
        assert "call.status\\" not in text
        assert '"no"' not in text


async def test_a_webhook_is_sent_again_as_it_was(service: conftest.Service, hooks: receiver.Receiver) -> None:
    (delivery,) = await sent(service, hooks.url("status"), HOUR)
    status, answer = await service.public(f"{LIST}/{delivery}/replay", "POST", json={})
    assert (status, answer["state"], answer["lastError"]) == (202, "pending", None)
    await deliver(service)
    (request,) = hooks.requests("status")
    secret = signing.Secret.parse(kits.SECRET)
    assert signing.verify(request.headers, request.body, [secret], service.clock.now()) == "evt_0_status"
    assert request.body.decode() == BODY
    whole = await asked(service, f"{LIST}/{delivery}")
    assert (whole["state"], [attempt["statusCode"] for attempt in whole["attempts"]]) == ("delivered", [503, 200])


async def test_what_is_not_there_is_not_sent_again(service: conftest.Service) -> None:
    for path in (f"{LIST}/nobody", f"{LIST}/dlv_{26 * '0'}"):
        assert (await service.public(path))[0] == 404
        assert (await service.public(f"{path}/replay", "POST", json={}))[0] == 404


async def test_a_range_is_sent_again_page_by_page(service: conftest.Service, hooks: receiver.Receiver) -> None:
    await sent(service, hooks.url("status"), *(number * HOUR for number in range(1, 6)))
    wanted = {"from": (service.clock.now() - 4 * HOUR).isoformat(), "kind": "status", "limit": 3}
    status, first = await service.public(f"{LIST}/replay", "POST", json=wanted)
    assert (status, first["replayed"]) == (202, 3)
    _, second = await service.public(f"{LIST}/replay", "POST", json={**wanted, "cursor": first["nextCursor"]})
    assert second == {"replayed": 1, "nextCursor": None}
    await deliver(service)
    assert len(hooks.requests("status")) == 4
    assert len((await asked(service, LIST, state="failed"))["items"]) == 1


async def test_many_are_sent_again_in_short_transactions(service: conftest.Service, hooks: receiver.Receiver) -> None:
    await sent(service, hooks.url("status"), *(number * HOUR for number in range(1, 46)))
    status, first = await service.public(f"{LIST}/replay", "POST", json={"limit": 43})
    assert (status, first["replayed"]) == (202, 43)
    _, second = await service.public(f"{LIST}/replay", "POST", json={"cursor": first["nextCursor"]})
    assert second == {"replayed": 2, "nextCursor": None}
    assert (await asked(service, LIST, state="failed"))["items"] == []


async def test_a_range_that_ends_before_it_begins_is_refused(service: conftest.Service) -> None:
    backwards = {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    for path, method, given in ((LIST, "GET", {"params": backwards}), (f"{LIST}/replay", "POST", {"json": backwards})):
        status, answer = await service.public(path, method, **given)
        assert (status, [error["path"] for error in answer["errors"]]) == (422, ["to"])


async def test_endpoints_tell_how_they_fare_and_can_be_used_again(
    service: conftest.Service, hooks: receiver.Receiver
) -> None:
    gone, configured = hooks.url("gone"), hooks.url("status") + "?token=hidden"
    await sent(service, gone, HOUR)
    async with service.store.writing() as tx:
        disabled = endpoints.Endpoint(url=gone, failures=1, disabled_at=samples.START, disabled_because="gone")
        await endpoints.update(tx, disabled)
    found = {one["url"]: one for one in (await asked(service, ENDPOINTS))["items"]}
    assert found.keys() == {gone, configured}
    assert (found[gone]["health"], found[gone]["disabledBecause"], found[gone]["agentIds"]) == ("disabled", "gone", [])
    assert (found[configured]["health"], found[configured]["agentIds"]) == ("unused", [kits.AGENT])

    status, answer = await service.public(f"{ENDPOINTS}/enable", "POST", json={"url": gone})
    assert (status, answer["health"], answer["failures"], answer["disabledAt"]) == (200, "healthy", 0, None)
    status, answer = await service.public(f"{ENDPOINTS}/enable", "POST", json={"url": hooks.url("never")})
    assert (status, answer["code"]) == (404, "no_such_endpoint")


async def test_endpoints_tell_what_waits_for_them(service: conftest.Service, hooks: receiver.Receiver) -> None:
    url = hooks.url("status")
    for delivery in await sent(service, url, HOUR, 2 * HOUR):
        await service.public(f"{LIST}/{delivery}/replay", "POST", json={})
    found = {one["url"]: one for one in (await asked(service, ENDPOINTS))["items"]}
    assert found[url]["pending"] == 2
    assert dt.datetime.fromisoformat(found[url]["oldestPendingAt"]) == service.clock.now() - 2 * HOUR

"""API keys: made, kept as a digest, found, limited, revoked."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import clock
from dispatch import app, keys, settings
from dispatch.access import api_keys, keyring, scopes
from dispatch.store import api_keys as key_rows
from dispatch.store import engine, tables
from dispatch.v1 import transcripts
from sip_config import schema
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit

SOME: dict[str, Any] = {"scopes": ["calls:read", "calls:write"], "label": "the CRM"}


async def create(service: conftest.Service, **changes: Any) -> dict[str, Any]:
    status, created = await service.public("/v1/keys", "POST", json=SOME | changes)
    assert status == 201
    assert isinstance(created, dict)
    return created


async def opens(service: conftest.Service, key: str) -> int:
    status, _ = await service.public("/v1/calls", headers={"Authorization": f"Bearer {key}"})
    return status


async def rows(store: engine.Store) -> Sequence[sa.Row[Any]]:
    async with store.reading() as tx:
        return (await tx.execute(sa.select(tables.api_keys))).all()


def test_a_key_has_256_random_bits_and_an_id_that_sorts() -> None:
    later = samples.START + dt.timedelta(milliseconds=1)
    (first, text), (second, other) = (api_keys.make([], api_keys.NO_LIMITS, at) for at in (samples.START, later))
    assert first.id < second.id
    secret = text.removeprefix(f"tl_{first.id}_")
    assert (len(secret), secret != other.rpartition("_")[2]) == (43, True)
    assert first.digest == hashlib.sha256(secret.encode()).digest()
    assert api_keys.read(text) == api_keys.Presented(id=first.id, digest=first.digest)


async def test_a_key_is_shown_once_and_kept_as_a_digest(service: conftest.Service) -> None:
    limits = {"concurrent": 2, "perMinute": 3, "perDay": 4, "minutesPerDay": 5}
    headers = {"Authorization": f"Bearer {conftest.API_KEY}"}
    async with service.client.post("/v1/keys", json=SOME | {"limits": limits}, headers=headers) as response:
        assert (response.status, response.headers["Cache-Control"]) == (201, "no-store")
        created = await response.json()
    text = created.pop("key")
    assert created == {
        "id": text.split("_")[1],
        "label": "the CRM",
        "scopes": ["calls:read", "calls:write"],
        "limits": limits,
        "createdAt": "2026-01-02T03:04:05.000Z",
        "lastUsedAt": None,
        "revokedAt": None,
    }
    assert await opens(service, text) == 200
    _, page = await service.public("/v1/keys")
    assert page == {"items": [created], "nextCursor": None}
    (row,) = await rows(service.store)
    secret = text.removeprefix(f"tl_{row.id}_")
    assert row.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(row)
    found = await service.app[keys.KEYRING].find(text)
    assert found is not None
    assert found.limits == schema.Limits(concurrent=2, per_minute=3, per_day=4, minutes_per_day=5)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["calls:everything"]}, "scopes.0"),
        ({"scopes": ["calls:read"] * 9}, "scopes"),
        ({"label": ""}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"label": "a\x1b[2J"}, "label"),
        ({"limits": {"perHour": 1}}, "limits.perHour"),
        ({"limits": {"perDay": -1}}, "limits.perDay"),
        ({"expires": "never"}, "expires"),
    ],
)
async def test_what_no_key_can_have_is_refused(service: conftest.Service, changes: dict[str, Any], path: str) -> None:
    status, problem = await service.public("/v1/keys", "POST", json=SOME | changes)
    assert (status, problem["errors"][0]["path"]) == (422, path)
    assert await rows(service.store) == []


async def test_keys_are_listed_newest_first_by_pages(service: conftest.Service) -> None:
    made = []
    for number in range(5):
        made.append((await create(service, label=f"key {number}"))["id"])
        service.clock.advance(1)
    seen, cursor = [], ""
    while True:
        _, page = await service.public(f"/v1/keys?limit=2{cursor}")
        seen += [key["id"] for key in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert seen == made[::-1]


@pytest.mark.parametrize("query", ["limit=201", "limit=0", "cursor=*", "offset=1"])
async def test_a_bad_page_is_refused(service: conftest.Service, query: str) -> None:
    assert (await service.public(f"/v1/keys?{query}"))[0] == 422


async def test_a_revoked_key_opens_nothing_from_then_on(service: conftest.Service) -> None:
    created = await create(service)
    assert await opens(service, created["key"]) == 200
    for _ in range(2):
        assert (await service.public(f"/v1/keys/{created['id']}", "DELETE"))[0] == 204
        assert await opens(service, created["key"]) == 401
        service.clock.advance(60)
    _, page = await service.public("/v1/keys")
    assert [key["revokedAt"] for key in page["items"]] == ["2026-01-02T03:04:05.000Z"]


@pytest.mark.parametrize("key_id", ["nobody", "test", "a%2Fb"])
async def test_a_key_that_is_not_in_the_store_cannot_be_revoked(service: conftest.Service, key_id: str) -> None:
    status, problem = await service.public(f"/v1/keys/{key_id}", "DELETE")
    assert (status, problem["code"]) == (404, "not_found")
    assert await opens(service, conftest.API_KEY) == 200


async def test_a_revocation_of_another_process_counts_within_a_second(service: conftest.Service) -> None:
    created = await create(service)
    assert await opens(service, created["key"]) == 200
    async with service.store.writing() as tx:
        await tx.execute(sa.update(tables.api_keys).values(revoked_at=samples.START))
    service.clock.advance(1.0)
    assert await opens(service, created["key"]) == 401


async def test_what_was_read_before_a_revocation_is_not_remembered_after_it(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = await create(service)
    match = key_rows.match

    async def overtaken(tx: sa_async.AsyncConnection, presented: api_keys.Presented) -> api_keys.ApiKey | None:
        found = await match(tx, presented)
        assert (await service.public(f"/v1/keys/{created['id']}", "DELETE"))[0] == 204
        return found

    with monkeypatch.context() as slow:
        slow.setattr(key_rows, "match", overtaken)
        await opens(service, created["key"])
    assert await opens(service, created["key"]) == 401


async def test_while_the_store_is_out_keys_of_the_environment_open(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = await create(service)

    def out(_: engine.Store) -> None:
        raise engine.StoreUnavailable

    monkeypatch.setattr(engine.Store, "reading", out)
    assert (await service.public("/v1/agents"))[0] == 200
    for key, status in ((created["key"], 503), ("tl_who_0123456789abcdef", 503), ("nonsense", 401), ("", 401)):
        headers = {"Authorization": f"Bearer {key}"}
        assert (await service.public("/v1/agents", headers=headers))[0] == status


async def test_a_key_of_the_environment_that_the_store_has_gets_no_more_than_there(
    parts: app.Parts, manual_clock: clock.ManualClock
) -> None:
    made, text = api_keys.make([scopes.Scope.CALLS_READ], api_keys.NO_LIMITS, samples.START)
    async with parts.store.writing() as tx:
        await key_rows.add(tx, key_rows.Record(key=made, label=None, created_at=samples.START))
    ring = keyring.Keyring(parts.store, manual_clock, api_keys.parse(f"{text},{conftest.API_KEY}"))
    await ring.settle()
    found, own = await ring.find(text), await ring.find(conftest.API_KEY)
    assert found is not None
    assert own is not None
    assert [set(key.scopes) for key in (found, own)] == [{scopes.Scope.CALLS_READ}, {scopes.Scope.ADMIN}]
    assert not await ring.is_empty()


async def test_a_ring_without_any_good_key_is_empty(service: conftest.Service) -> None:
    ring = keyring.Keyring(service.store, service.clock)
    assert await ring.is_empty()
    created = await create(service)
    assert not await ring.is_empty()
    await service.public(f"/v1/keys/{created['id']}", "DELETE")
    assert await ring.is_empty()


async def test_a_row_of_another_version_opens_nothing(service: conftest.Service) -> None:
    created = await create(service)
    async with service.store.writing() as tx:
        await tx.execute(sa.update(tables.api_keys).values(limits={"per_decade": 1}))
    assert await opens(service, created["key"]) == 401
    assert (await service.public("/v1/keys"))[1]["items"] == []


async def test_the_last_use_is_written_once_a_minute_and_not_by_the_request(service: conftest.Service) -> None:
    created = await create(service)
    uses = service.app[keys.KEYRING].uses

    async def written() -> dt.datetime | None:
        (row,) = await rows(service.store)
        found: dt.datetime | None = row.last_used_at
        return found

    await opens(service, created["key"])
    assert await written() is None
    await uses.write()
    assert await written() == samples.START
    service.clock.advance(59)
    await opens(service, created["key"])
    await uses.write()
    assert await written() == samples.START
    service.clock.advance(1)
    await uses.write()
    assert await written() == samples.START + dt.timedelta(seconds=59)


async def test_last_uses_are_not_lost_while_the_store_is_out(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = await create(service)
    uses = service.app[keys.KEYRING].uses
    await opens(service, created["key"])

    def out(_: engine.Store) -> None:
        raise engine.StoreUnavailable

    with monkeypatch.context() as broken:
        broken.setattr(engine.Store, "writing", out)
        await uses.write()
    await uses.write()
    (row,) = await rows(service.store)
    assert row.last_used_at == samples.START


async def test_a_stream_ends_when_its_key_is_revoked(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "_POLL_S", 0.01)
    created = await create(service)
    status, _ = await service.internal("POST", "/internal/calls", samples.intake())
    assert status == 200
    call_id = (await service.only_call())["callId"]
    headers = {"Authorization": f"Bearer {created['key']}", "Accept": "text/event-stream"}
    async with service.client.get(f"/v1/calls/{call_id}/transcript", headers=headers) as response:
        assert b"connected" in await response.content.readline()
        await service.public(f"/v1/keys/{created['id']}", "DELETE")
        async with asyncio.timeout(30):
            rest = await response.content.read()
    assert b"event: ended" not in rest


def test_without_keys_in_the_environment_there_are_none() -> None:
    given = settings.load(**{name: value for name, value in conftest.SETTINGS.items() if name != "trunkline_api_key"})
    assert given.trunkline_api_key is None

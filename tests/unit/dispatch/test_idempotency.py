"""A request that is sent again does nothing a second time."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pydantic
import pytest
import sqlalchemy as sa
from aiohttp import test_utils, web
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch import app, housekeeping, keys
from dispatch.access import issuing, scopes
from dispatch.http import idempotency, routes
from dispatch.store import api_keys, engine, tables
from tests.unit.dispatch import conftest, doubles

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]


class Order(pydantic.BaseModel):
    what: str
    details: dict[str, str] = {}


class Receipt(pydantic.BaseModel):
    number: int


@dataclasses.dataclass
class Shop:
    """A service with one route more, that makes something."""

    client: test_utils.TestClient[web.Request, web.Application]
    store: engine.Store
    made: int = 0
    fails: bool = False

    async def order(self, request: web.Request, _: routes.Nothing, order: Order) -> web.Response:
        async def make(tx: sa_async.AsyncConnection) -> Receipt:
            self.made += 1
            wanted = issuing.NewKey(scopes=(scopes.Scope.CALLS_READ,), label=order.what)
            await issuing.create(tx, wanted, request.app[keys.CLOCK].now())
            if self.fails:
                raise errors.Conflict("not now")
            return Receipt(number=self.made)

        return await idempotency.once(request, order, make, status=201)

    async def send(
        self, name: str | None, body: Any = None, *, key: str = conftest.API_KEY
    ) -> tuple[int, Any, str | None]:
        """Status, body, and whether it says that it is a replay."""
        headers = {"Authorization": f"Bearer {key}"} | ({"Idempotency-Key": name} if name is not None else {})
        async with self.client.post("/v1/orders", json=body or {"what": "a"}, headers=headers) as response:
            return response.status, await response.json(), response.headers.get("Idempotent-Replayed")

    async def kept(self) -> int:
        """How much was really made."""
        async with self.store.reading() as tx:
            return len((await api_keys.page(tx, limit=200)).records)


@pytest.fixture
async def shop(parts: app.Parts) -> AsyncIterator[Shop]:
    application = app.build(dataclasses.replace(parts, livekit=doubles.FakeRooms()))
    client = test_utils.TestClient(test_utils.TestServer(application))
    opened = Shop(client=client, store=parts.store)
    order: routes.AnyRoute = routes.Route(
        method="POST",
        path="/v1/orders",
        handler=opened.order,
        summary="Makes something.",
        query=routes.Nothing,
        body=Order,
        scope=scopes.Scope.CALLS_WRITE,
        is_idempotent=True,
        answers={201: Receipt},
    )
    routes.mount(application, [order])
    async with client:
        yield opened


async def test_the_same_request_gets_the_same_answer_and_does_nothing(shop: Shop) -> None:
    assert await shop.send("one") == (201, {"number": 1}, None)
    assert await shop.send("one") == (201, {"number": 1}, "true")
    assert await shop.kept() == 1


async def test_without_a_name_every_request_is_another(shop: Shop) -> None:
    assert [await shop.send(None) for _ in range(2)] == [(201, {"number": 1}, None), (201, {"number": 2}, None)]


async def test_the_same_name_for_another_body_is_a_conflict(shop: Shop) -> None:
    await shop.send("one")
    status, problem, _ = await shop.send("one", {"what": "b"})
    assert (status, problem["code"]) == (409, "idempotency_conflict")
    assert await shop.kept() == 1


async def test_a_body_is_the_same_in_whatever_order_it_comes(shop: Shop) -> None:
    await shop.send("one", {"what": "a", "details": {"x": "1", "y": "2"}})
    assert (await shop.send("one", {"details": {"y": "2", "x": "1"}, "what": "a"}))[2] == "true"


@pytest.mark.parametrize("name", ["", "x" * 256, "tab\there", "caf\u00e9"])
async def test_a_bad_name_is_refused(shop: Shop, name: str) -> None:
    status, problem, _ = await shop.send(name)
    assert (status, problem["errors"][0]["path"]) == (422, "Idempotency-Key")
    assert await shop.kept() == 0


@pytest.mark.parametrize("name", ["x" * 255, "8e03978e-40d5-43e8-bc93-6894a57f9324", '"a b"~'])
async def test_a_good_name_is_taken(shop: Shop, name: str) -> None:
    assert (await shop.send(name))[0] == 201


async def test_two_names_are_refused(shop: Shop) -> None:
    headers = [("Authorization", f"Bearer {conftest.API_KEY}"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    async with shop.client.post("/v1/orders", json={"what": "a"}, headers=headers) as response:
        assert response.status == 422


async def test_of_fifty_at_once_one_is_done(shop: Shop) -> None:
    answers = await asyncio.gather(*(shop.send("one") for _ in range(50)))
    assert {(status, body["number"]) for status, body, _ in answers} == {(201, 1)}
    assert sorted(replayed or "" for _, _, replayed in answers) == ["", *["true"] * 49]
    assert (shop.made, await shop.kept()) == (1, 1)


async def test_what_a_request_is_called_is_not_kept(shop: Shop) -> None:
    await shop.send("call +12015550123")
    async with shop.store.reading() as tx:
        rows = (await tx.execute(sa.select(tables.idempotency_keys))).all()
    assert len(rows) == 1
    assert "2015550123" not in str(rows)


async def test_a_name_counts_for_one_api_key(shop: Shop) -> None:
    async with shop.store.writing() as tx:
        wanted = issuing.NewKey(scopes=(scopes.Scope.CALLS_WRITE,))
        other = await issuing.create(tx, wanted, dt.datetime.now(dt.UTC))
    await shop.send("one")
    assert await shop.send("one", {"what": "b"}, key=other.key) == (201, {"number": 2}, None)


async def test_what_fails_keeps_nothing(shop: Shop) -> None:
    shop.fails = True
    assert (await shop.send("one"))[0] == 409
    assert await shop.kept() == 0
    shop.fails = False
    assert await shop.send("one") == (201, {"number": 2}, None)


async def test_an_answer_is_kept_for_a_day_and_not_for_ever(shop: Shop, service: conftest.Service) -> None:
    async def tidy() -> None:
        await housekeeping.tidy(service.store, service.app[keys.SHELF], service.clock)

    await shop.send("one")
    service.clock.advance(86_400)
    await tidy()
    assert (await shop.send("one"))[2] == "true"
    service.clock.advance(86_401)
    await tidy()
    assert (await shop.send("one"))[2] is None


def test_an_answer_whose_thing_has_been_deleted_is_a_problem() -> None:
    stored = idempotency.Stored(fingerprint="", status=409, body="{}", call_id=None)
    assert idempotency.replay(stored).content_type == "application/problem+json"

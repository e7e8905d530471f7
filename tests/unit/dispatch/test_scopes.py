"""Every route of the API, with every kind of key that must not open it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable

import pytest
import sqlalchemy as sa

from dispatch.access import failed_tries, issuing, scopes
from dispatch.http import routes
from dispatch.store import tables
from dispatch.v1 import table
from tests.unit.dispatch import conftest

pytestmark = pytest.mark.unit

NO_CALL = "call_00000000000000000000000000"
JSON: dict[str, str] = {"Content-Type": "application/json"}


def path_of(route: routes.AnyRoute) -> str:
    return re.sub(r"\{\w+\}", NO_CALL, route.path)


async def make(service: conftest.Service, *held: scopes.Scope) -> tuple[str, str]:
    """A key's id and text."""
    async with service.store.writing() as tx:
        key = await issuing.create(tx, issuing.NewKey(scopes=held), service.clock.now())
    return key.id, key.key


async def everything(service: conftest.Service) -> list[object]:
    """What is in the store, and what was asked of LiveKit."""
    async with service.store.reading() as tx:
        rows = [list(await tx.execute(sa.select(each))) for each in tables.metadata.sorted_tables]
    livekit = service.livekit
    return [*rows, list(livekit.closed), list(livekit.refused), list(service.objects.done), service.objects.looks]


async def answers(
    service: conftest.Service, asked: Iterable[routes.AnyRoute], key: str | None
) -> AsyncIterator[tuple[routes.AnyRoute, int, str]]:
    headers = JSON | ({"Authorization": f"Bearer {key}"} if key else {})
    for number, route in enumerate(asked):
        if number % failed_tries.MOST == 0:
            service.clock.advance(failed_tries.WINDOW_S)
        async with service.client.request(route.method, path_of(route), headers=headers, data=b"{}") as response:
            yield route, response.status, (await response.json()).get("code")


def test_every_route_demands_a_scope() -> None:
    assert [route.path for route in table.ROUTES if route.scope is None] == []


@pytest.mark.parametrize("kind", ["none", "bad", "revoked"])
async def test_without_a_good_key_nothing_is_done(service: conftest.Service, kind: str) -> None:
    key_id, good = await make(service, scopes.Scope.ADMIN)
    if kind == "revoked":
        status, _ = await service.public(f"/v1/keys/{key_id}", "DELETE")
        assert status == 204
    key = {"none": None, "bad": good[:-1] + ("A" if good[-1] != "A" else "B"), "revoked": good}[kind]
    before = await everything(service)
    async for route, status, code in answers(service, table.ROUTES, key):
        assert (status, code) == (401, "unauthorized"), route.path
    assert await everything(service) == before


@pytest.mark.parametrize("wanted", scopes.Scope)
async def test_with_every_scope_but_the_right_one_nothing_is_done(
    service: conftest.Service, wanted: scopes.Scope
) -> None:
    _, key = await make(service, *(set(scopes.Scope) - {wanted, scopes.Scope.ADMIN}))
    before = await everything(service)
    async for route, status, code in answers(service, [each for each in table.ROUTES if each.scope is wanted], key):
        assert (status, code) == (403, "missing_scope"), route.path
    assert await everything(service) == before


@pytest.mark.parametrize("held", scopes.Scope)
async def test_the_right_scope_opens(service: conftest.Service, held: scopes.Scope) -> None:
    _, key = await make(service, held)
    opened = [each for each in table.ROUTES if each.scope is held and each.method == "GET"]
    async for route, status, _ in answers(service, opened, key):
        assert status in (200, 404), route.path


async def test_a_missing_scope_is_named(service: conftest.Service) -> None:
    _, key = await make(service, scopes.Scope.CALLS_READ)
    status, problem = await service.public("/v1/keys", headers={"Authorization": f"Bearer {key}"})
    assert (status, problem["code"], problem["detail"]) == (403, "missing_scope", "This key has not the scope admin.")
    async with service.client.get("/metrics") as response:
        assert 'trunkline_refused_requests_total{why="missing_scope"} 1.0' in await response.text()


async def test_what_a_key_may_not_do_is_said_before_its_body_is_read(service: conftest.Service) -> None:
    _, key = await make(service, scopes.Scope.CALLS_READ)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "text/plain"}
    status, _ = await service.public("/v1/keys", "POST", headers=headers, data=b"nonsense")
    assert status == 403


async def test_a_wrong_method_is_no_secret_from_who_has_a_key(service: conftest.Service) -> None:
    _, key = await make(service, scopes.Scope.CALLS_READ)
    status, _ = await service.public("/v1/keys", "PATCH", headers={"Authorization": f"Bearer {key}"})
    assert status == 405

"""The lease that `trunkline apply` asks of dispatch."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import test_utils, web

from callcore import errors
from cli import leasing

pytestmark = pytest.mark.unit

SECRET = "correct horse battery"
GRANTED = {"until": "2026-01-02T03:04:05Z"}
DEADLINE_S = 30.0


@contextlib.asynccontextmanager
async def dispatch(status: int, body: object) -> AsyncIterator[tuple[str, list[tuple[str, str]]]]:
    """A dispatch that answers every POST so; its address, and what it was asked."""
    asked: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.method, request.headers["Authorization"]))
        return web.json_response(body, status=status) if request.method == "POST" else web.Response(status=204)

    app = web.Application()
    app.router.add_route("*", "/internal/leases/apply", answer)
    async with test_utils.TestServer(app) as server:
        yield str(server.make_url("")), asked


async def hold(url: str, secret: str = SECRET) -> list[str]:
    notes: list[str] = []
    async with leasing.held({"TRUNKLINE_INTERNAL_SECRET": secret}, url, note=notes.append):
        return notes


async def test_it_is_taken_and_given_back() -> None:
    async with dispatch(200, GRANTED) as (url, asked):
        assert await hold(url) == []
    assert asked == [("POST", f"Bearer {SECRET}"), ("DELETE", f"Bearer {SECRET}")]


async def test_it_is_prolonged_for_as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leasing, "_PROLONG_EVERY_S", 0.001)
    async with dispatch(200, GRANTED) as (url, asked):
        async with leasing.held({"TRUNKLINE_INTERNAL_SECRET": SECRET}, url, note=pytest.fail):
            async with asyncio.timeout(DEADLINE_S):
                while len(asked) < 4:
                    await asyncio.sleep(0.001)
        methods = [method for method, _ in asked]
        assert (methods[-1], set(methods[:-1])) == ("DELETE", {"POST"})
        assert methods == [method for method, _ in asked]


async def test_somebody_else_at_it_is_a_refusal_that_says_who() -> None:
    async with dispatch(409, {"detail": "dispatch on a, process 7 is at it and may be until 03:04"}) as (url, asked):
        with pytest.raises(errors.Conflict, match="process 7 is at it"):
            await hold(url)
    assert len(asked) == 1


async def test_another_secret_is_a_refusal() -> None:
    async with dispatch(401, {"detail": "no"}) as (url, _):
        with pytest.raises(errors.Conflict, match=r"Nothing was changed: .* TRUNKLINE_INTERNAL_SECRET"):
            await hold(url)


@pytest.mark.parametrize(("status", "body"), [(503, {"detail": "out"}), (404, "nothing here"), (200, []), (200, {})])
async def test_what_grants_nothing_is_no_reason_to_stop(status: int, body: object) -> None:
    async with dispatch(status, body) as (url, asked):
        (note,) = await hold(url)
    assert str(status) in note
    assert len(asked) == 1


async def test_dispatch_that_is_out_or_unknown_is_no_reason_to_stop() -> None:
    (note,) = await hold("http://127.0.0.1:9")
    assert "does not answer" in note
    (note,) = await hold("http://127.0.0.1:9", secret="")
    assert "TRUNKLINE_INTERNAL_SECRET" in note


@pytest.mark.parametrize(
    ("body", "version"), [({"configurationVersion": "abc"}, "abc"), ({"ready": True}, None), ([], None)]
)
async def test_the_version_that_dispatch_serves(body: object, version: str | None) -> None:
    async def ready(_: web.Request) -> web.Response:
        return web.json_response(body, status=503)

    app = web.Application()
    app.router.add_get("/readyz", ready)
    async with test_utils.TestServer(app) as server:
        assert await leasing.served_version({}, str(server.make_url("")).rstrip("/")) == version
    assert await leasing.served_version({}, "http://127.0.0.1:9") is None

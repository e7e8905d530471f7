"""The lease that `trunkline apply` asks of dispatch."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import test_utils, web

from callcore import errors
from cli import leasing

pytestmark = pytest.mark.unit

SECRET = "correct horse battery"


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


async def hold(url: str, secret: str = SECRET) -> tuple[str | None, list[str]]:
    notes: list[str] = []
    environment = {"TRUNKLINE_INTERNAL_SECRET": secret}
    async with leasing.held(environment, url, ttl_s=60, note=notes.append) as serving:
        return serving, notes


async def test_it_is_taken_and_given_back_and_tells_what_dispatch_serves() -> None:
    async with dispatch(200, {"until": "2026-01-02T03:04:05Z", "configuration": "abc"}) as (url, asked):
        assert await hold(url) == ("abc", [])
    assert asked == [("POST", f"Bearer {SECRET}"), ("DELETE", f"Bearer {SECRET}")]


async def test_somebody_else_at_it_is_a_refusal_that_says_who() -> None:
    async with dispatch(409, {"detail": "dispatch on a, process 7 is at it and may be until 03:04"}) as (url, asked):
        with pytest.raises(errors.Conflict, match="process 7 is at it"):
            await hold(url)
    assert len(asked) == 1


async def test_another_secret_is_a_refusal() -> None:
    async with dispatch(401, {"detail": "no"}) as (url, _):
        with pytest.raises(errors.Conflict, match="TRUNKLINE_INTERNAL_SECRET"):
            await hold(url)


@pytest.mark.parametrize(("status", "body"), [(503, {"detail": "out"}), (404, "nothing here")])
async def test_dispatch_that_grants_nothing_is_no_reason_to_stop(status: int, body: object) -> None:
    async with dispatch(status, body) as (url, asked):
        serving, (note,) = await hold(url)
    assert serving is None
    assert str(status) in note
    assert len(asked) == 1


async def test_dispatch_that_is_out_or_unknown_is_no_reason_to_stop() -> None:
    serving, (note,) = await hold("http://127.0.0.1:9")
    assert (serving, "does not answer" in note) == (None, True)
    serving, (note,) = await hold("http://127.0.0.1:9", secret="")
    assert (serving, "TRUNKLINE_INTERNAL_SECRET" in note) == (None, True)

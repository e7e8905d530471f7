"""Whatever comes in, the answer is a problem document with the right status: never a 500, never a traceback."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import pydantic
import pytest

from dispatch.http import reading, routes
from dispatch.internal import table as internal_table
from dispatch.v1 import table as v1_table
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit

NO_CALL = "call_00000000000000000000000000"
ROUTES = (*v1_table.ROUTES, *internal_table.ROUTES)
POSTS = tuple(route for route in ROUTES if route.method == "POST")
WITH_ID = tuple(route for route in ROUTES if "{id}" in route.path and route.body is routes.Nothing)
PARTS = {
    "{id}": NO_CALL,
    "{tid}": "tr_00000000000000000000000000",
    "{name}": "apply",
    "{kind}": "voicemail",
    "{e164}": "+12015550123",
}

JSON = "application/json"


def credentials(path: str) -> dict[str, str]:
    secret = conftest.SECRET if path.startswith("/internal") else conftest.API_KEY
    return {"Authorization": f"Bearer {secret}"}


async def send(
    service: conftest.Service, method: str, path: str, data: Any = None, content_type: str | None = JSON, **headers: str
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """A request with good credentials; asserts that an error is a problem document."""
    sent = {**credentials(path), **headers}
    if content_type and data is not None:
        sent["Content-Type"] = content_type
    async with service.client.request(method, path, data=data, headers=sent) as response:
        text = await response.text()
        assert response.status < 500, text
        assert "Traceback" not in text
        body: dict[str, Any] = {}
        if response.status >= 400 and method != "HEAD":
            assert response.content_type == "application/problem+json"
            body = json.loads(text)
            assert {"type", "title", "status", "detail", "code"} <= body.keys()
            assert body["status"] == response.status
        return response.status, body, dict(response.headers)


def path_of(route: Any) -> str:
    path = str(route.path)
    for part, value in PARTS.items():
        path = path.replace(part, value)
    return path


BAD_BODIES: tuple[tuple[bytes, int, str], ...] = (
    (b"{", 400, "malformed_json"),
    (b"\xff\xfe", 400, "malformed_json"),
    (b'{"a": 1, "a": 2}', 400, "malformed_json"),
    (b'{"x": [{"b": {"a": 1, "a": 2}}]}', 400, "malformed_json"),
    (b"[" * 33 + b"]" * 33, 400, "malformed_json"),
    (b"[" * 100_000, 400, "malformed_json"),
    (b'{"a": NaN}', 400, "malformed_json"),
    (b'{"a": 1e999}', 400, "malformed_json"),
    (b'{"a": ' + b"9" * 5000 + b"}", 400, "malformed_json"),
    (b'{"a": -9007199254740992}', 400, "malformed_json"),
    (b"[]", 422, "invalid_input"),
    (b"null", 422, "invalid_input"),
    (b'"text"', 422, "invalid_input"),
    (b'{"unknown": 1}', 422, "invalid_input"),
    (b'{"room_name": "\\ud800"}', 422, "invalid_input"),
)


@pytest.mark.parametrize("route", POSTS, ids=path_of)
async def test_bodies_that_are_wrong(service: conftest.Service, route: Any) -> None:
    for body, status, code in BAD_BODIES:
        answered, problem, _ = await send(service, "POST", path_of(route), body)
        assert (answered, problem["code"]) == (status, code), body[:60]


@pytest.mark.parametrize("route", POSTS, ids=path_of)
async def test_a_body_of_another_type_is_415(service: conftest.Service, route: Any) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "nonsense"):
        assert (await send(service, "POST", path_of(route), b"{}", content_type))[0] == 415


@pytest.mark.parametrize("route", POSTS, ids=path_of)
async def test_a_body_that_is_too_large_is_413(service: conftest.Service, route: Any) -> None:
    body = io.BytesIO(b" " * (route.max_body + 1))
    assert (await send(service, "POST", path_of(route), body))[0] == 413


async def test_a_compressed_body_counts_by_its_real_size(service: conftest.Service) -> None:
    bomb = gzip.compress(b" " * (4 * reading.MAX_BODY))
    status, _, _ = await send(service, "POST", "/internal/workers", bomb, **{"Content-Encoding": "gzip"})
    assert status == 413


async def test_a_body_that_is_not_compressed_as_it_says_is_400(service: conftest.Service) -> None:
    status, _, _ = await send(service, "POST", "/internal/workers", b"not gzip", **{"Content-Encoding": "gzip"})
    assert status == 400


async def test_another_method_is_405_and_names_those_allowed(service: conftest.Service) -> None:
    for route in ROUTES:
        known = {other.method for other in ROUTES if other.path == route.path}
        unknown = next(method for method in ("PATCH", "PUT") if method not in known)
        status, _, headers = await send(service, unknown, path_of(route))
        assert status == 405
        assert route.method in headers["Allow"]


NOBODYS_IDS = (NO_CALL, "call_", NO_CALL.replace("call", "evt"), "x", f"{NO_CALL[:-1]}L", "%00", "..%2f..", "'")


@pytest.mark.both_stores
@pytest.mark.parametrize("route", WITH_ID, ids=lambda route: f"{route.method} {route.path}")
async def test_an_id_that_is_nobodys_is_404(service: conftest.Service, route: Any) -> None:
    for call_id in NOBODYS_IDS:
        path = path_of(route).replace(NO_CALL, call_id)
        status, problem, _ = await send(service, route.method, path)
        assert (status, problem["code"]) == (404, "not_found"), call_id


async def test_a_path_that_is_not_there_is_404(service: conftest.Service) -> None:
    for path in ("/v1", "/v1/", "/v1/nothing", "/nothing", "/", "/internal/nothing"):
        assert (await send(service, "GET", path))[0] == 404, path


BAD_QUERIES = (
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=ten",
    "limit=1.5",
    "limit=",
    "limit=99999999999999999999999",
    "limit=5&limit=6",
    "cursor=",
    "cursor=zzz",
    "cursor=%00",
    "cursor=%F0%9F%98%80",
    "cursor=Y2FsbF8wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==",
    "cursor=" + "A" * 200,
    "status=over",
    "direction=up",
    "outcome=nice",
    "number=nobody",
    "from=1767366000",
    "number=" + "1" * 600,
    "from=yesterday",
    "from=2026-01-01",
    "from=2026-01-01T00:00:00",
    "from=0001-01-01T00:00:00Z",
    "to=9999-12-31T23:59:59-14:00",
    "agentid=front-desk",
    "agent_id=front-desk",
    "agentId=" + "x" * 129,
)


@pytest.mark.both_stores
async def test_filters_that_are_wrong_are_422_and_name_the_parameter(service: conftest.Service) -> None:
    for query in BAD_QUERIES:
        status, problem, _ = await send(service, "GET", f"/v1/calls?{query}")
        assert status == 422, query
        (error, *_) = problem["errors"]
        assert error["path"] == query.partition("=")[0]
        assert "Value error" not in error["message"]


async def test_a_parameter_that_nobody_reads_is_422(service: conftest.Service) -> None:
    for route in ROUTES:
        status, problem, _ = await send(service, route.method, f"{path_of(route)}?x=1")
        assert status == 422, route.path
        assert "x" in {error["path"] for error in problem["errors"]}, route.path


async def test_validation_names_every_field_and_repeats_no_value(service: conftest.Service) -> None:
    body = samples.intake().model_dump(mode="json") | {"direction": "+12015550123", "generation": 0, "caller": 7}
    status, problem, _ = await send(service, "POST", "/internal/calls", json.dumps(body))
    assert status == 422
    assert {error["path"] for error in problem["errors"]} == {"direction", "generation", "caller"}
    assert "2015550123" not in json.dumps(problem)


async def test_times_beyond_reason_are_422(service: conftest.Service) -> None:
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00", 1e18, True):
        body = samples.intake().model_dump(mode="json") | {"arrived_at": moment}
        assert (await send(service, "POST", "/internal/calls", json.dumps(body)))[0] == 422, moment


async def test_head_is_answered_like_get(service: conftest.Service) -> None:
    status, _, headers = await send(service, "HEAD", "/v1/calls")
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    stream = {"Accept": "text/event-stream"}
    await service.deliver(*samples.whole_call())
    call_id = (await service.only_call())["callId"]
    assert (await send(service, "HEAD", f"/v1/calls/{call_id}/transcript", **stream))[0] == 405


NASTY: tuple[Any, ...] = (None, -1, 2**53 - 1, 1.5, "", "\0", "x" * 600, "+1\u0660\u0661", [], {"kind": "ended"})


def spoiled(valid: Any) -> Iterator[Any]:
    """A valid value with one part of it, however deep, replaced by something nasty."""
    yield from NASTY
    if isinstance(valid, dict):
        for key, part in valid.items():
            yield from ({**valid, key: bad} for bad in spoiled(part))
            yield {name: other for name, other in valid.items() if name != key}
    elif isinstance(valid, list) and valid:
        yield from ([*valid[:-1], bad] for bad in spoiled(valid[-1]))


@pytest.mark.both_stores
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/internal/calls", samples.intake()),
        ("/internal/workers", samples.report("call_1")),
        ("/internal/spool", samples.batch([samples.arrived()])),
        ("/internal/spool", samples.batch([samples.arrived(), samples.ANSWERED, samples.said("Hi")])),
        ("/internal/spool", samples.batch([samples.arrived(), samples.ENDED])),
    ],
    ids=["intake", "report", "arrived", "turn", "ended"],
)
async def test_any_part_of_a_message_may_be_nonsense(
    service: conftest.Service, path: str, message: pydantic.BaseModel
) -> None:
    for body in spoiled(message.model_dump(mode="json")):
        await send(service, "POST", path, json.dumps(body))
    assert (await send(service, "POST", path, message.model_dump_json()))[0] in (200, 204, 409)

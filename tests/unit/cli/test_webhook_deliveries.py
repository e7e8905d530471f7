"""`trunkline webhooks deliveries`, `show`, `replay`, `endpoints`, `enable` and `test`."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from aiohttp import web

from cli import deliveries
from dispatch.openapi.notes import webhooks as notes
from dispatch.store import deliveries as rows
from dispatch.webhooks import samples, targets
from tests.unit.cli import conftest, doubles

pytestmark = pytest.mark.unit

DELIVERIES, ENDPOINTS = "/v1/webhooks/deliveries", "/v1/webhooks/endpoints"
ONE = f"{DELIVERIES}/{{id}}"
EXAMPLES = {path_of: note.answer for path_of, note in notes.NOTES.items()}
DELIVERY = EXAMPLES["GET", ONE]
URL = DELIVERY["url"]


@dataclasses.dataclass
class Webhooks:
    """The routes of webhooks, which answer as the documentation says; remembers what came."""

    asked: list[tuple[str, str, dict[str, str], Any]] = dataclasses.field(default_factory=list)
    pages: int = 1
    """Into which a replay of many falls."""
    ok: bool = True

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.asked.append((request.method, request.path, dict(request.query), body))
        path = request.path.replace(DELIVERY["id"], "{id}")
        answer = EXAMPLES[request.method, path]
        if path.endswith("deliveries/replay"):
            self.pages -= 1
            answer = {"replayed": 200, "nextCursor": "more" if self.pages else None}
        if path.endswith("/test") and self.ok:
            answer = {"ok": True, "results": [{**answer["results"][0], "ok": True, "error": None, "problem": None}]}
        return web.json_response(answer)


@pytest.fixture
def webhooks(dispatch: doubles.Dispatch) -> Webhooks:
    made = Webhooks()
    dispatch.app.router.add_route("*", "/v1/webhooks/{rest:.*}", made.answer)
    return made


async def test_deliveries_are_listed_by_what_is_asked_for(webhooks: Webhooks, trunkline: conftest.Trunkline) -> None:
    words = ("--state", "failed", "--call", "call_1", "--kind", "status", "--from", "2026-01-02T03:04:05Z")
    done = await trunkline("webhooks", "deliveries", *words, "--endpoint", URL)
    assert done.exit_code == 0
    assert DELIVERY["id"] in done.stdout
    assert "503" in done.stdout
    query = {"state": "failed", "callId": "call_1", "kind": "status", "from": "2026-01-02T03:04:05Z", "url": URL}
    assert webhooks.asked == [("GET", DELIVERIES, {**query, "limit": "50"}, None)]
    as_json = await trunkline("webhooks", "deliveries", "--json")
    assert json.loads(as_json.stdout) == EXAMPLES["GET", DELIVERIES]


async def test_one_is_shown_with_its_body_and_attempts(webhooks: Webhooks, trunkline: conftest.Trunkline) -> None:
    done = await trunkline("webhooks", "show", DELIVERY["id"])
    for part in (DELIVERY["messageId"], URL, DELIVERY["body"], DELIVERY["attempts"][0]["response"], "212 ms"):
        assert part in done.stdout
    assert [path for _, path, _, _ in webhooks.asked] == [f"{DELIVERIES}/{DELIVERY['id']}"]


async def test_one_is_sent_again_without_asking(webhooks: Webhooks, trunkline: conftest.Trunkline) -> None:
    done = await trunkline("webhooks", "replay", DELIVERY["id"])
    assert (done.exit_code, done.stdout) == (0, f"{DELIVERY['id']} is on its way again\n")
    assert webhooks.asked == [("POST", f"{DELIVERIES}/{DELIVERY['id']}/replay", {}, {})]


async def test_many_are_sent_again_page_by_page(webhooks: Webhooks, trunkline: conftest.Trunkline) -> None:
    webhooks.pages = 3
    range_ = {"from": "2026-01-02T00:00:00Z", "to": "2026-01-03T00:00:00Z", "state": "failed"}
    words = [word for name, value in range_.items() for word in (f"--{name}", value)]
    done = await trunkline("webhooks", "replay", *words, "--yes")
    assert (done.exit_code, done.stdout) == (0, "on their way again: 600\n")
    assert [body for *_, body in webhooks.asked] == [range_, *2 * [{**range_, "cursor": "more"}]]


async def test_many_are_sent_again_only_if_that_is_meant(webhooks: Webhooks, trunkline: conftest.Trunkline) -> None:
    done = await trunkline("webhooks", "replay", "--kind", "status", "--from", "2026-01-02T00:00:00Z")
    assert done.exit_code == 1
    assert "every failed webhook of kind status from 2026-01-02T00:00:00Z" in done.stderr
    assert webhooks.asked == []


@pytest.mark.parametrize("words", [(), (DELIVERY["id"], "--state", "failed")], ids=["neither", "both"])
async def test_it_is_either_one_or_many(webhooks: Webhooks, trunkline: conftest.Trunkline, words: list[str]) -> None:
    done = await trunkline("webhooks", "replay", *words)
    assert done.exit_code == 2
    assert webhooks.asked == []


async def test_endpoints_are_shown_and_used_again(webhooks: Webhooks, trunkline: conftest.Trunkline) -> None:
    done = await trunkline("webhooks", "endpoints")
    assert "disabled (failing)" in done.stdout
    assert "2026-12-06T03:12:44.000Z" in done.stdout
    done = await trunkline("webhooks", "enable", URL)
    assert (done.exit_code, done.stdout) == (0, f"{URL} is in use\n")
    assert webhooks.asked[-1] == ("POST", f"{ENDPOINTS}/enable", {}, {"url": URL})


@pytest.mark.parametrize("ok", [True, False])
async def test_a_test_ends_by_how_it_went(webhooks: Webhooks, trunkline: conftest.Trunkline, ok: bool) -> None:
    webhooks.ok = ok
    done = await trunkline("webhooks", "test", "--agent", "front-desk", "--kind", "post_call")
    assert done.exit_code == (0 if ok else 1)
    assert ("FAIL" in done.stdout, "right secret" in done.stdout) == (not ok, not ok)
    assert webhooks.asked == [("POST", "/v1/webhooks/test", {}, {"agentId": "front-desk", "kind": "post_call"})]


def test_the_kinds_on_offer_are_those_of_dispatch() -> None:
    assert [kind.value for kind in deliveries.Sample] == [kind.value for kind in samples.KINDS]
    asked = {targets.Kind.PRE_CALL.value}
    assert {kind.value for kind in deliveries.Kind} == {kind.value for kind in samples.KINDS} - asked
    assert [state.value for state in deliveries.State] == [state.value for state in rows.State]

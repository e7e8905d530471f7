"""Reports in a terminal, and having one made or delivered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web

from dispatch.openapi.notes import calls
from dispatch.openapi.notes import reports as notes
from tests.unit.cli import conftest, doubles

pytestmark = pytest.mark.unit


@pytest.fixture
def asked(dispatch: doubles.Dispatch) -> list[Any]:
    """What dispatch was asked; the report is the one of the documentation."""
    found: list[Any] = []

    async def show(_: web.Request) -> web.Response:
        return web.json_response(notes.REPORT)

    async def finalize(request: web.Request) -> web.Response:
        found.append((request.match_info["id"], await request.json()))
        return web.json_response(notes.NOTES["POST", "/v1/calls/{id}/report/finalize"].answer)

    dispatch.app.router.add_get("/v1/calls/{id}/report", show)
    dispatch.app.router.add_post("/v1/calls/{id}/report/finalize", finalize)
    return found


async def test_a_report_is_shown(asked: list[Any], trunkline: conftest.Trunkline) -> None:
    shown = await trunkline("calls", "report", calls.CALL_ID)
    assert shown.exit_code == 0, shown.output
    for line in (
        "ended: caller_hangup by caller",
        "outcome completed, contact contacted",
        "ringing 1.4 s, talk 65.5 s, total 66.9 s",
        "llm openai gpt-4.1-mini: 3 requests, 1240 input tokens, 1024 of them cached, 96 output tokens",
    ):
        assert line in shown.stdout.splitlines()
    assert "How can I help?" in shown.stdout
    assert json.loads((await trunkline("calls", "report", calls.CALL_ID, "--json")).stdout) == notes.REPORT


async def test_a_report_is_delivered_once_more(asked: list[Any], trunkline: conftest.Trunkline) -> None:
    done = await trunkline("calls", "finalize", calls.CALL_ID, "--retry-webhook")
    assert done.exit_code == 0, done.output
    assert asked == [(calls.CALL_ID, {"forceAnalysis": False, "retryWebhook": True})]
    assert done.stdout.strip().endswith("as it was made 2026-11-30T15:05:12.340Z, on its way")


async def test_one_that_is_not_made_is_told_in_words(dispatch: doubles.Dispatch, trunkline: conftest.Trunkline) -> None:
    dispatch.answers_instead = doubles.problem(404, "Not Found", "The call has no report yet.")
    shown = await trunkline("calls", "report", calls.CALL_ID)
    assert shown.exit_code == 1
    assert "The call has no report yet." in shown.output

"""`trunkline reload`: what dispatch did, or every mistake in the files."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from cli import failing
from tests.unit.cli import conftest, doubles

pytestmark = pytest.mark.unit

MISTAKES = [
    {"path": "numbers.yaml:3:5", "message": "numbers.0.agent: no such agent"},
    {"path": "", "message": "there is no agent"},
]


def reloads(before: str, version: str, *, applied: bool = True) -> web.Response:
    counts = {"trunks": 1, "numbers": 2, "agents": 3}
    body = {"versionBefore": before, "version": version, "applied": applied, "counts": counts}
    return web.json_response(body)


def refuses() -> web.Response:
    body = {"type": "about:blank", "title": "Unprocessable Content", "status": 422, "detail": "The configuration has"}
    body |= {"code": "configuration_invalid", "errors": MISTAKES}
    return web.json_response(body, status=422, content_type="application/problem+json")


@pytest.mark.parametrize(
    ("before", "version", "applied", "says"),
    [
        ("a", "b", True, "version b is in force, after a\n"),
        ("a", "a", True, "version a is in force, as before\n"),
        ("a", "b", False, "version b is in force, after a; LiveKit's trunks and rules are still to follow\n"),
    ],
)
async def test_it_is_said_what_is_in_force(
    dispatch: doubles.Dispatch,
    trunkline: conftest.Trunkline,
    before: str,
    version: str,
    applied: bool,
    says: str,
) -> None:
    dispatch.answers_instead = reloads(before, version, applied=applied)
    shown = await trunkline("reload")
    assert (shown.exit_code, shown.stdout) == (0, says)


async def test_as_json_it_is_the_answer(dispatch: doubles.Dispatch, trunkline: conftest.Trunkline) -> None:
    dispatch.answers_instead = reloads("a", "b")
    shown = await trunkline("reload", "--json")
    assert json.loads(shown.stdout)["counts"] == {"trunks": 1, "numbers": 2, "agents": 3}


async def test_every_mistake_is_told_with_its_place(dispatch: doubles.Dispatch, trunkline: conftest.Trunkline) -> None:
    dispatch.answers_instead = refuses()
    shown = await trunkline("reload")
    assert shown.exit_code == failing.EXIT_CONFIG
    assert shown.stderr.splitlines() == ["numbers.yaml:3:5 numbers.0.agent: no such agent", "there is no agent"]
    assert shown.stdout == ""


async def test_mistakes_as_json(dispatch: doubles.Dispatch, trunkline: conftest.Trunkline) -> None:
    dispatch.answers_instead = refuses()
    shown = await trunkline("reload", "--json")
    assert shown.exit_code == failing.EXIT_CONFIG
    assert json.loads(shown.stdout)["errors"] == MISTAKES
    assert shown.stderr == ""


async def test_another_refusal_is_a_sentence(dispatch: doubles.Dispatch, trunkline: conftest.Trunkline) -> None:
    dispatch.answers_instead = doubles.problem(409, "Conflict", "A reload is under way already.")
    shown = await trunkline("reload")
    assert (shown.exit_code, shown.stderr) == (1, "A reload is under way already.\n")

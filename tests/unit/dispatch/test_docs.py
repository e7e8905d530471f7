"""The documentation names what there is, and nothing else."""

from __future__ import annotations

import ast
import inspect
import pathlib
import re

import pytest

from callcore import events, transfers
from dispatch import metrics
from dispatch.access import scopes
from dispatch.livekit import bookkeeping
from dispatch.transfers import refusals
from dispatch.v1 import table
from tests.unit.dispatch import conftest

pytestmark = pytest.mark.unit

_NOT_PUBLIC = ("/internal", bookkeeping.PATH, "/docs/")
DOCS = pathlib.Path(__file__).parents[3] / "docs"


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = (DOCS / page).read_text().split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_route_is_documented(service: conftest.Service) -> None:
    sections = ("Placing calls", "Calls", "Transfers", "People", "Configuration", "Webhooks", "Operation")
    documented = {tuple(row[0].strip("`").split(" ")) for section in sections for row in rows("api.md", section)}
    served = {
        (route.method, route.resource.canonical)
        for route in service.app.router.routes()
        if route.method != "HEAD" and route.resource is not None
    }
    public = {(method, path) for method, path in served if not path.startswith(_NOT_PUBLIC)}
    assert documented == public
    assert {(route.method, route.path) for route in table.ROUTES} <= public


def test_every_event_type_is_documented() -> None:
    assert [cells[0].strip("`") for cells in rows("api.md", "Events")] == [kind.value for kind in events.EventType]


def test_states_and_results_of_transfers_are_documented() -> None:
    assert [cells[0].strip("`") for cells in rows("transfers.md", "States")] == list(transfers.State)
    told = [name for cells in rows("transfers.md", "Attempts") for name in re.findall(r"`(\w+)`", cells[0])]
    assert sorted(told) == sorted([*transfers.AttemptResult, "null"])
    codes = {cells[1].strip("`") for cells in rows("transfers.md", "Refusals") if cells[0] == "409"}
    refused = {getattr(found, "public_code", None) for found in vars(refusals).values() if isinstance(found, type)}
    assert refused - {refusals.NotAForward.public_code} <= codes


def test_every_scope_is_documented_as_it_is_in_the_code() -> None:
    (scope,) = ast.parse(inspect.getsource(scopes.Scope)).body
    assert isinstance(scope, ast.ClassDef)
    texts = [ast.literal_eval(node.value) for node in scope.body[1:] if isinstance(node, ast.Expr)]
    documented = [(cells[0].strip("`"), cells[1]) for cells in rows("keys.md", "Scopes")]
    assert documented == list(zip(scopes.Scope, texts, strict=True))


def test_every_metric_is_documented_with_its_labels() -> None:
    documented = {cells[0].strip("`"): re.findall(r"`(\w+)`", cells[1]) for cells in rows("metrics.md", "Dispatch")}
    made = {}
    for collector in vars(metrics.Metrics()).values():
        if name := getattr(collector, "_name", None):
            suffix = "_total" if type(collector).__name__ == "Counter" else ""
            made[name + suffix] = list(collector._labelnames)
    assert documented == made

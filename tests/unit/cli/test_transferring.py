"""`trunkline transfers`: what was asked for is sent once, and shown until it is over."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from aiohttp import web

from cli import failing, repeating, transferring
from tests.unit.cli import conftest, doubles

pytestmark = pytest.mark.unit

ID = "tr_01k8r3v5m2c4d6e8f0g1h2j3k4"
TO, NEXT = "+12015550199", "+12015550188"
BASE = f"/v1/calls/{doubles.LIVE}/transfers"


def attempt(to: str = TO, result: str | None = None, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "to": to,
        "label": None,
        "method": "dial",
        "result": result,
        "sipStatusCode": None,
        "seconds": None,
    }
    return {**told, **changes}


def transfer(state: str, *attempts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": ID,
        "callId": doubles.LIVE,
        "kind": "warm",
        "state": state,
        "requestedBy": "api",
        "attempts": list(attempts),
        "fallback": "return_to_agent",
        "createdAt": "2026-01-02T03:04:05.000Z",
        "updatedAt": "2026-01-02T03:04:06.000Z",
        "bridgedAt": None,
        "metadata": {},
    }
    return {**told, **changes}


BEGUN = transfer("requested")
BUSY = attempt(result="busy", sipStatusCode=486, label="Sales [red]")


@dataclasses.dataclass
class Transfers:
    """The routes of transfers: tells what comes next of one, and remembers what came."""

    asked: list[tuple[str, str, Any]] = dataclasses.field(default_factory=list)
    names: list[str | None] = dataclasses.field(default_factory=list)
    states: list[dict[str, Any]] = dataclasses.field(default_factory=lambda: [BEGUN])
    """What is told one after the other; the last one again and again."""
    breaks: int = 0
    """So many answers do not come."""
    looks: int = 1000
    """So many come, of those that tell how it is."""

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.asked.append((request.method, request.path.removeprefix(BASE), body))
        self.looks -= request.method == "GET"
        if self.breaks or self.looks < 0:
            self.breaks = max(0, self.breaks - 1)
            assert request.transport is not None
            request.transport.close()
        if request.path == BASE:
            return web.json_response({"items": self.states, "nextCursor": None})
        if request.method == "POST":
            self.names.append(request.headers.get("Idempotency-Key"))
            return web.json_response(self.states[0], status=202)
        return web.json_response(self.states.pop(0) if len(self.states) > 1 else self.states[0])


@pytest.fixture
def made(dispatch: doubles.Dispatch, monkeypatch: pytest.MonkeyPatch) -> Transfers:
    monkeypatch.setattr(transferring, "_POLL_S", 0.001)
    monkeypatch.setattr(repeating, "_PAUSE_S", 0.001)
    transfers = Transfers()
    dispatch.app.router.add_route("*", BASE + "{rest:.*}", transfers.answer)
    return transfers


async def test_a_blind_transfer_is_asked_for_with_all_that_was_given(
    made: Transfers, trunkline: conftest.Trunkline
) -> None:
    options = "--label Sales --extension ww1 --ringing-timeout 25 --header X-A=b=c --metadata ticket=7"
    shown = await trunkline("transfers", "blind", doubles.LIVE, TO, *options.split())
    assert (shown.exit_code, shown.stderr) == (0, "")
    body = {
        "to": TO,
        "label": "Sales",
        "extension": "ww1",
        "ringingTimeout": 25.0,
        "headers": {"X-A": "b=c"},
        "metadata": {"ticket": "7"},
    }
    assert made.asked == [("POST", "/blind", body)]
    head, row = shown.stdout.splitlines()
    assert head.split() == ["transfer", "kind", "state", "by", "began", "fallback"]
    assert row.split() == [ID, "warm", "requested", "api", "2026-01-02T03:04:05.000Z", "return_to_agent"]


async def test_a_warm_transfer_has_its_destinations_in_order(made: Transfers, trunkline: conftest.Trunkline) -> None:
    options = ["--screening", "Who?", "--summary", "A. B.", "--fallback", "hang_up", "--from", doubles.DIALED]
    command = ("transfers", "warm", doubles.LIVE, TO, NEXT)
    assert (await trunkline(*command, "--label", "Sales", "--label", "Bob", *options)).exit_code == 0
    assert (await trunkline(*command, "--label", "Sales")).exit_code == 0
    assert (await trunkline(*command)).exit_code == 0
    bodies = [body for _, _, body in made.asked]
    assert bodies[0] == {
        "destinations": [{"to": TO, "label": "Sales"}, {"to": NEXT, "label": "Bob"}],
        "screeningPrompt": "Who?",
        "summary": "A. B.",
        "fallback": {"strategy": "hang_up"},
        "from": doubles.DIALED,
    }
    assert [wanted["label"] for wanted in bodies[1]["destinations"]] == ["Sales", "Sales"]
    assert bodies[2] == {"destinations": [{"to": TO}, {"to": NEXT}]}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("warm", TO, NEXT, NEXT, "--label", "a", "--label", "b"), "--label once"),
        (("blind", TO, "--metadata", "x"), "--metadata as name=value"),
        (("blind", TO, "--header", "x=1", "--header", "x=2"), "--header as name=value"),
    ],
)
async def test_options_that_make_no_sense_send_nothing(
    words: tuple[str, ...], hint: str, made: Transfers, trunkline: conftest.Trunkline
) -> None:
    kind, *rest = words
    shown = await trunkline("transfers", kind, doubles.LIVE, *rest)
    assert shown.exit_code == failing.EXIT_FAILED
    assert hint in shown.stderr
    assert made.asked == []


@pytest.mark.parametrize(("end", "code"), [("bridged", 0), ("returned", 1), ("failed", 1), ("cancelled", 1)])
async def test_it_is_followed_to_its_end(end: str, code: int, made: Transfers, trunkline: conftest.Trunkline) -> None:
    ringing = transfer("dialing", BUSY, attempt(NEXT))
    made.states = [
        BEGUN,
        transfer("dialing", attempt()),
        ringing,
        ringing,
        transfer(end, BUSY, attempt(NEXT, "answered")),
    ]
    shown = await trunkline("transfers", "warm", doubles.LIVE, TO, NEXT, "--wait")
    assert (shown.exit_code, shown.stderr) == (code, "")
    assert [line.rpartition("  ")[0] for line in shown.stdout.splitlines()] == [
        "requested",
        f"dialing  {TO}: under way",
        f"dialing  {NEXT}: under way",
        f"{end}  {NEXT}: answered",
    ]


async def test_programs_get_a_line_for_each_step(made: Transfers, trunkline: conftest.Trunkline) -> None:
    made.states = [BEGUN, transfer("bridged", attempt(method="refer", result="answered"))]
    shown = await trunkline("transfers", "blind", doubles.LIVE, TO, "--wait", "--json")
    assert [json.loads(line)["state"] for line in shown.stdout.splitlines()] == ["requested", "bridged"]


async def test_a_connection_that_breaks_begins_no_second_one_and_ends_no_wait(
    made: Transfers, trunkline: conftest.Trunkline
) -> None:
    made.breaks = 1
    made.states = [BEGUN, transfer("bridged", attempt(method="refer", result="answered"))]
    shown = await trunkline("transfers", "blind", doubles.LIVE, TO, "--wait")
    assert shown.exit_code == 0
    assert [method for method, path, _ in made.asked if path == "/blind"] == ["POST", "POST"]
    assert len(set(made.names)) == 1
    assert f"bridged  {TO} by REFER: answered" in shown.stdout


async def test_a_dispatch_that_stays_away_ends_the_wait(
    made: Transfers, trunkline: conftest.Trunkline, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.looks = 2
    monkeypatch.setattr(transferring, "_LOOKS_OUT", 3)
    shown = await trunkline("transfers", "blind", doubles.LIVE, TO, "--wait")
    assert shown.exit_code == failing.EXIT_FAILED
    assert f"the transfer may go on: trunkline transfers show {doubles.LIVE} {ID}" in shown.stderr
    assert made.looks <= -3


async def test_what_there_is_is_shown_with_every_attempt(made: Transfers, trunkline: conftest.Trunkline) -> None:
    made.states = [transfer("consulting", BUSY, attempt(NEXT), fallback=None), transfer("failed", kind="forward")]
    shown = await trunkline("transfers", "show", doubles.LIVE)
    assert shown.exit_code == 0
    assert [line.split()[:3] for line in shown.stdout.splitlines()[1:3]] == [
        [ID, "warm", "consulting"],
        [ID, "forward", "failed"],
    ]
    assert shown.stdout.splitlines()[3:] == ["", ID, f"  {TO} (Sales [red]): busy (486)", f"  {NEXT}: under way"]
    assert json.loads((await trunkline("transfers", "show", doubles.LIVE, "--json")).stdout)["items"] == made.states
    one = await trunkline("transfers", "show", doubles.LIVE, ID, "--json")
    assert (json.loads(one.stdout)["id"], made.asked[-1][:2]) == (ID, ("GET", f"/{ID}"))


async def test_an_operator_has_a_hand_in_it(made: Transfers, trunkline: conftest.Trunkline) -> None:
    for words in (("complete",), ("cancel",), ("cancel", "--try-next")):
        shown = await trunkline("transfers", words[0], doubles.LIVE, ID, *words[1:])
        assert shown.exit_code == 0
        assert ID in shown.stdout
    assert made.asked == [
        ("POST", f"/{ID}/complete", {}),
        ("POST", f"/{ID}/cancel", {}),
        ("POST", f"/{ID}/cancel", {"tryNext": True}),
    ]


async def test_a_refusal_is_a_sentence(
    made: Transfers, dispatch: doubles.Dispatch, trunkline: conftest.Trunkline
) -> None:
    dispatch.answers_instead = doubles.problem(409, "Conflict", "This call is being transferred already.")
    shown = await trunkline("transfers", "blind", doubles.LIVE, TO)
    assert (shown.exit_code, shown.stdout) == (failing.EXIT_FAILED, "")
    assert shown.stderr == "This call is being transferred already.\n"

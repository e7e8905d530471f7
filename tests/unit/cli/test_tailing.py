"""`trunkline calls tail`: what is said is shown as it is said, through heartbeats, to the end."""

from __future__ import annotations

import asyncio
import json

import pytest

from callcore import turns
from cli import looking
from tests.unit.cli import conftest, doubles

pytestmark = pytest.mark.unit

SAID = (doubles.a_turn("Hello?"), doubles.a_turn("[red] Nine [/] to five", turns.Role.AGENT))


@pytest.fixture
def live(dispatch: doubles.Dispatch) -> doubles.Kept:
    return dispatch.keep(doubles.Kept(doubles.a_call(doubles.LIVE, is_over=False), SAID))


async def test_one_call_is_followed_to_its_end(live: doubles.Kept, trunkline: conftest.Trunkline) -> None:
    live.ended.set()
    shown = await trunkline("calls", "tail", doubles.LIVE)
    assert shown.exit_code == 0
    first, *said, last = shown.stdout.splitlines()
    assert first == f"{doubles.LIVE} {doubles.CALLER} → {doubles.DIALED} in_progress"
    times = "first token 250 ms, reply 800 ms"
    assert said == [
        f"caller 2026-01-02T03:04:05.678Z  Hello?  {times}",
        f"agent  2026-01-02T03:04:05.678Z  [red] Nine [/] to five  {times}",
    ]
    assert last == f"{doubles.LIVE} ended: caller_hangup by caller after 12.3 s, outcome completed"


async def test_one_call_as_json_lines(live: doubles.Kept, trunkline: conftest.Trunkline) -> None:
    live.ended.set()
    shown = await trunkline("calls", "tail", doubles.LIVE, "--json")
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [line["type"] for line in lines] == ["call", "connected", "turn", "turn", "ended"]
    assert lines[0]["call"]["from"] == doubles.CALLER
    assert [line["message"] for line in lines[2:4]] == [turn.message for turn in SAID]
    assert {line["callId"] for line in lines[1:]} == {doubles.LIVE}


async def test_a_stream_that_breaks_off_is_no_end_of_the_call(
    live: doubles.Kept, trunkline: conftest.Trunkline
) -> None:
    live.breaks_off = True
    live.ended.set()
    shown = await trunkline("calls", "tail", doubles.LIVE)
    assert shown.exit_code == 1
    assert shown.stderr == "dispatch closed the stream before the call had ended\n"
    assert "ended:" not in shown.stdout


async def test_an_unknown_call_is_a_sentence(trunkline: conftest.Trunkline) -> None:
    shown = await trunkline("calls", "tail", doubles.LIVE)
    assert (shown.exit_code, shown.stderr) == (1, "There is no such call.\n")


async def test_dispatch_that_goes_away_ends_the_tail_of_all_calls_with_a_sentence(
    live: doubles.Kept,
    dispatch: doubles.Dispatch,
    trunkline: conftest.Trunkline,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "_POLL_S", 0.01)
    running = asyncio.create_task(trunkline("calls", "tail"))
    async with asyncio.timeout(conftest.DEADLINE_S):
        await live.is_followed.wait()  # the call's first line is written by now: the stream is asked for after it
    dispatch.is_out = True
    shown = await running
    assert (shown.exit_code, shown.stderr) == (1, "The store does not answer.\n")
    assert live.call.id in shown.stdout

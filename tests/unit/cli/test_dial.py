"""`trunkline dial`: the call is placed once, shown as it happens, and hung up by Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import json
import pathlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import test_utils, web

from callcore import calls, endings, events, outcomes, turns
from cli import api, dialing, failing, following, repeating
from tests.unit.cli import conftest, doubles

pytestmark = pytest.mark.unit

TO = "+12015550199"
SAID = (doubles.a_turn("Hello, this is Ava.", turns.Role.AGENT), doubles.a_turn("Hi."))
HAPPENED = [
    doubles.an_event(1, events.EventType.QUEUED),
    doubles.an_event(2, events.EventType.DIALING),
    doubles.an_event(3, events.EventType.ROUTED, agent_id="front-desk"),
    doubles.an_event(4, events.EventType.RINGING),
    doubles.an_event(5, events.EventType.ANSWERED),
]


@pytest.fixture
def live(dispatch: doubles.Dispatch, monkeypatch: pytest.MonkeyPatch) -> doubles.Kept:
    monkeypatch.setattr(following, "_POLL_S", 0.01)
    monkeypatch.setattr(repeating, "_PAUSE_S", 0.01)
    return dispatch.keep(doubles.Kept(doubles.a_call(doubles.LIVE, is_over=False), SAID, HAPPENED))


async def test_a_call_is_shown_as_it_happens_to_its_end(live: doubles.Kept, trunkline: conftest.Trunkline) -> None:
    live.call = dataclasses.replace(live.call, direction=calls.Direction.OUTBOUND)
    live.ended.set()
    shown = await trunkline("dial", TO, "--agent", "front-desk", "--say", "Hello, this is Ava.")
    assert (shown.exit_code, shown.stderr) == (0, "")
    first, *between, last = shown.stdout.splitlines()
    assert first == f"{doubles.LIVE} {doubles.CALLER} → {doubles.DIALED} in_progress"
    said = [line for line in between if line.startswith(("agent", "callee"))]
    assert [line.split()[0] for line in said] == ["agent", "callee"]
    progress = [line.split("  ")[0] for line in between if line not in said]
    assert progress == ["queued", "dialing", "ringing", "in progress"]
    assert last == f"{doubles.LIVE} ended: caller_hangup by caller after 12.3 s, outcome completed"


async def test_everything_that_is_asked_for_is_sent(
    live: doubles.Kept, dispatch: doubles.Dispatch, trunkline: conftest.Trunkline
) -> None:
    options = "--agent front-desk --from +12015550100 --say Hi --prompt Ask --var a=1 --var b=x=y --metadata c="
    more = "--max-duration 5m --ringing-timeout 30 --time-zone America/New_York --no-wait"
    when = ["--at", "2026-12-24 10:00"]
    assert (await trunkline("dial", TO, *options.split(), *more.split(), *when)).exit_code == 0
    ((key, body),) = dispatch.placed
    assert len(key) > 20
    assert body == {
        "to": TO,
        "agentId": "front-desk",
        "from": "+12015550100",
        "firstMessage": "Hi",
        "systemPrompt": "Ask",
        "variables": {"a": "1", "b": "x=y"},
        "metadata": {"c": ""},
        "maxDurationSeconds": 300.0,
        "telephony": {"ringingTimeout": 30.0},
        "schedule": {"at": "2026-12-24T15:00:00.000Z"},
        "timeZone": "America/New_York",
    }


async def test_nothing_is_sent_that_was_not_asked_for(
    live: doubles.Kept, dispatch: doubles.Dispatch, trunkline: conftest.Trunkline
) -> None:
    assert (await trunkline("dial", TO, "--no-wait")).exit_code == 0
    assert (await trunkline("dial", TO, "--prompt", "Ask.", "--no-wait")).exit_code == 0
    (first, plain), (second, ad_hoc) = dispatch.placed
    assert first != second
    assert (plain, ad_hoc) == ({"to": TO}, {"to": TO, "systemPrompt": "Ask.", "intent": {}})


async def test_a_call_that_nobody_answers_says_why(live: doubles.Kept, trunkline: conftest.Trunkline) -> None:
    termination = endings.Termination(
        reason=endings.Reason.BUSY, ended_by=endings.EndedBy.CALLER, sip_status_code=486, sip_status="Busy Here"
    )
    busy = dataclasses.replace(
        doubles.a_call(doubles.LIVE),
        direction=calls.Direction.OUTBOUND,
        answered_at=None,
        duration_s=None,
        termination=termination,
        outcome=outcomes.Outcome.BUSY,
    )
    live.call, live.turns, live.breaks_off = busy, (), False
    live.ended.set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doubles, "a_call", lambda *_, **__: busy)
        shown = await trunkline("dial", TO)
    assert shown.exit_code == 1
    assert shown.stdout.splitlines()[-1] == (f"{doubles.LIVE} ended: busy by caller (486 Busy Here), outcome busy")


async def test_as_json_lines(live: doubles.Kept, trunkline: conftest.Trunkline) -> None:
    live.ended.set()
    shown = await trunkline("dial", TO, "--json")
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert (lines[0]["type"], lines[-1]["type"]) == ("call", "call")
    assert lines[-1]["call"]["outcome"] == "completed"
    assert [line["event"]["sequence"] for line in lines if line["type"] == "event"] == [1, 2, 3, 4, 5]
    assert [line["message"] for line in lines if line["type"] == "turn"] == [turn.message for turn in SAID]


async def test_a_connection_that_breaks_while_placing_is_tried_again_with_the_same_key(
    live: doubles.Kept, dispatch: doubles.Dispatch, trunkline: conftest.Trunkline
) -> None:
    dispatch.breaks_at_placing = 2
    assert (await trunkline("dial", TO, "--no-wait")).exit_code == 0
    assert len(dispatch.placed) == 3
    assert len({key for key, _ in dispatch.placed}) == 1


@pytest.mark.parametrize(
    ("status", "more", "sentence"),
    [
        (
            403,
            {"detail": "It is too early there.", "retryAt": "2026-11-22T13:00:00.000Z"},
            f"Not dialed: It is too early there. Try again after "
            f"{dt.datetime(2026, 11, 22, 13, tzinfo=dt.UTC).astimezone():%Y-%m-%d %H:%M:%S %Z}.\n",
        ),
        (403, {"detail": "They asked not to be called."}, "Not dialed: They asked not to be called.\n"),
        (422, {"errors": [{"path": "llm.baseUrl", "message": "no"}]}, "Not dialed: llm.baseUrl: no\n"),
    ],
)
async def test_a_refusal_is_a_sentence_with_when_to_try_again(
    dispatch: doubles.Dispatch,
    trunkline: conftest.Trunkline,
    status: int,
    more: dict[str, object],
    sentence: str,
) -> None:
    body = {"title": "No", "code": "code", **more}
    dispatch.answers_instead = web.json_response(body, status=status, content_type="application/problem+json")
    shown = await trunkline("dial", TO)
    assert (shown.exit_code, shown.stderr) == (1, sentence)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (["--var", "a"], "write --var as name=value, each name once"),
        (["--var", "a=1", "--var", "a=2"], "write --var as name=value, each name once"),
        (["--metadata", "=1"], "write --metadata as name=value, each name once"),
        (["--max-duration", "5"], "--max-duration: write a duration with its unit"),
        (["--at", "tomorrow"], "write --at as"),
        (["--at", "2026-12-24 10:00", "--time-zone", "../x"], "write --time-zone as in the IANA database"),
    ],
)
async def test_options_that_make_no_sense(trunkline: conftest.Trunkline, option: list[str], told: str) -> None:
    shown = await trunkline("dial", TO, *option)
    assert shown.exit_code == 1
    assert shown.stderr.startswith(told)


async def test_dispatch_that_goes_away_does_not_end_the_call(live: doubles.Kept, trunkline: conftest.Trunkline) -> None:
    live.breaks_off = True
    live.ended.set()
    shown = await trunkline("dial", TO)
    assert shown.exit_code == 1
    assert shown.stderr == (
        "dispatch closed the stream before the call had ended; "
        f"the call may go on: trunkline calls tail {doubles.LIVE}\n"
    )


@contextlib.asynccontextmanager
async def connected(server: test_utils.TestServer) -> AsyncIterator[api.Api]:
    url = str(server.make_url("")).rstrip("/")
    async with api.connect(api.Access(url=url, key=doubles.KEY)) as client:
        yield client


async def test_ctrl_c_hangs_up_and_says_so(
    live: doubles.Kept, dispatch: doubles.Dispatch, server: test_utils.TestServer, capsys: pytest.CaptureFixture[str]
) -> None:
    async with connected(server) as client, asyncio.timeout(conftest.DEADLINE_S):
        running = asyncio.create_task(dialing.carry_out(client, {"to": TO}, waits=True, as_json=False))
        shown = ""
        while "Hello, this is Ava." not in shown:
            await asyncio.sleep(0.01)
            shown += capsys.readouterr().out
        running.cancel()  # what asyncio makes of SIGINT
        assert await running == failing.EXIT_INTERRUPTED
    told = capsys.readouterr()
    assert live.call.is_over
    assert told.err == "hanging up\n"
    assert told.out.splitlines()[-1].startswith(f"{doubles.LIVE} ended: ")


async def test_ctrl_c_while_the_call_is_being_placed_hangs_up_as_well(
    live: doubles.Kept, dispatch: doubles.Dispatch, server: test_utils.TestServer, capsys: pytest.CaptureFixture[str]
) -> None:
    dispatch.breaks_at_placing = 1
    async with connected(server) as client, asyncio.timeout(conftest.DEADLINE_S):
        running = asyncio.create_task(dialing.carry_out(client, {"to": TO}, waits=True, as_json=False))
        while not dispatch.placed:
            await asyncio.sleep(0)
        running.cancel()
        assert await running == failing.EXIT_INTERRUPTED
    assert live.call.is_over
    assert capsys.readouterr().err == "hanging up\n"


async def test_calls_hangup(live: doubles.Kept, trunkline: conftest.Trunkline) -> None:
    shown = await trunkline("calls", "hangup", doubles.LIVE)
    assert (shown.exit_code, live.call.is_over) == (0, True)
    assert shown.stdout == f"{doubles.LIVE} ended: caller_hangup by caller after 12.3 s, outcome completed\n"
    again = await trunkline("calls", "hangup", doubles.LIVE, "--json")
    assert json.loads(again.stdout)["status"] == "ended"
    unknown = await trunkline("calls", "hangup", doubles.ENDED)
    assert (unknown.exit_code, unknown.stderr) == (1, "There is no such call.\n")


async def test_the_key_may_stand_in_the_env_file(
    live: doubles.Kept, environment: dict[str, str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"TRUNKLINE_API_KEY={environment['TRUNKLINE_API_KEY']}\n", encoding="utf-8")
    monkeypatch.delenv("TRUNKLINE_API_KEY", raising=False)
    url = {"TRUNKLINE_DISPATCH_URL": environment["TRUNKLINE_DISPATCH_URL"]}
    shown = await conftest.Trunkline(url)("calls", "show", doubles.LIVE)
    assert shown.exit_code == 0

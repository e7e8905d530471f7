"""`trunkline calls list` and `show`: what is there is shown, whole and as it is."""

from __future__ import annotations

import dataclasses
import json

import pytest

from callcore import calls, contract, events, transfers, turns
from dispatch.store import besides, recordings
from tests.unit.cli import conftest, doubles

pytestmark = pytest.mark.unit

NASTY = (
    "[red]red[/red] [/] [/bold] \\[dim] [link=http://x]x[/link]",
    "a trailing backslash \\",
    "\\\\[b] [[i]] [1, 2] :smile:",
)


async def test_list_shows_numbers_and_ids_whole(dispatch: doubles.Dispatch, trunkline: conftest.Trunkline) -> None:
    dispatch.keep(doubles.Kept(doubles.a_call()))
    dispatch.keep(
        doubles.Kept(
            dataclasses.replace(
                doubles.a_call(doubles.LIVE, caller=None, is_over=False), caller_id=calls.CallerId.WITHHELD
            )
        )
    )
    shown = await trunkline("calls", "list")
    assert shown.exit_code == 0
    head, live, ended = (line.split() for line in shown.stdout.splitlines())
    assert head == ["call", "started", "from", "to", "agent", "status", "seconds", "ended", "because"]
    started = "2026-01-02T03:04:05.678Z"
    both = [doubles.DIALED, "front-desk"]
    assert ended == [doubles.ENDED, started, doubles.CALLER, *both, "ended", "12.3", "caller_hangup"]
    assert live == [doubles.LIVE, started, "withheld", *both, "in_progress", "-", "-"]


async def test_list_passes_its_filters_on(dispatch: doubles.Dispatch, trunkline: conftest.Trunkline) -> None:
    wanted = {
        "status": "ended",
        "direction": "outbound",
        "outcome": "busy",
        "agent": "front-desk",
        "number": doubles.CALLER,
        "contact": "ct_1",
        "limit": "7",
        "cursor": "c_1",
    }
    words = [word for name, value in wanted.items() for word in (f"--{name}", value)]
    assert (await trunkline("calls", "list", *words)).exit_code == 0
    assert (await trunkline("calls", "list")).exit_code == 0
    wanted["agentId"] = wanted.pop("agent")
    assert dispatch.queries == [wanted, {"limit": "20"}]


async def test_list_as_json_is_the_page_on_one_line(dispatch: doubles.Dispatch, trunkline: conftest.Trunkline) -> None:
    dispatch.keep(doubles.Kept(doubles.a_call()))
    shown = await trunkline("calls", "list", "--json")
    page = json.loads(shown.stdout)
    assert shown.stdout.count("\n") == 1
    assert [call["callId"] for call in page["items"]] == [doubles.ENDED]
    assert page["items"][0]["from"] == doubles.CALLER
    assert page["nextCursor"] is None


async def test_show_has_events_and_turns_with_their_times(
    dispatch: doubles.Dispatch, trunkline: conftest.Trunkline
) -> None:
    said = [
        doubles.a_turn("When are you open?"),
        doubles.a_turn("Nine to", turns.Role.AGENT, interrupted=True),
    ]
    happened = [
        doubles.an_event(1, events.EventType.RINGING, direction="inbound"),
        doubles.an_event(2, events.EventType.HANGUP, reason="caller_hangup", sip_status_code=None),
    ]
    dispatch.keep(doubles.Kept(doubles.a_call(), said, happened))
    shown = await trunkline("calls", "show", doubles.ENDED)
    assert shown.exit_code == 0
    assert "call.ringing  direction=inbound\n" in shown.stdout
    assert "call.hangup  reason=caller_hangup\n" in shown.stdout
    assert "caller 2026-01-02T03:04:05.678Z  When are you open?  first token 250 ms, reply 800 ms\n" in shown.stdout
    assert "agent  2026-01-02T03:04:05.678Z  Nine to (interrupted)  " in shown.stdout


async def test_show_as_json_is_the_call_with_its_events(
    dispatch: doubles.Dispatch, trunkline: conftest.Trunkline
) -> None:
    happened = [doubles.an_event(1, events.EventType.RINGING)]
    kept = dispatch.keep(doubles.Kept(doubles.a_call(), [doubles.a_turn("Grüße")], happened))
    shown = await trunkline("calls", "show", doubles.ENDED, "--json")
    call = json.loads(shown.stdout)
    assert [event["sequence"] for event in call.pop("events")] == [1]
    assert call == kept.shown
    assert "Grüße" in shown.stdout


async def test_show_tells_what_became_of_a_call_that_no_agent_took(
    dispatch: doubles.Dispatch, trunkline: conftest.Trunkline
) -> None:
    attempt = transfers.Attempt(
        to="+12015550111", label=None, result=transfers.AttemptResult.BUSY, sip_status_code=486, seconds=3.0
    )
    transfer = transfers.Transfer(
        id="tr_1",
        call_id=doubles.ENDED,
        kind=transfers.Kind.FORWARD,
        state=transfers.State.FAILED,
        attempts=(attempt,),
        created_at=doubles.START,
        updated_at=doubles.START,
    )
    message = recordings.Recording(
        call_id=doubles.ENDED,
        kind=contract.AudioKind.VOICEMAIL,
        file="x",
        size=1,
        duration_s=4.2,
        recorded_at=doubles.START,
    )
    call = dataclasses.replace(
        doubles.a_call(caller=None),
        caller_id=calls.CallerId.UNUSABLE,
        agent_id=None,
        action=calls.Action.VOICEMAIL,
        forwarded_from="+12015550144",
        ring_back=True,
        metadata={"tenant": "acme"},
    )
    dispatch.keep(doubles.Kept(call, beside=besides.Beside(voicemail=message, transfers=(transfer,))))
    shown = await trunkline("calls", "show", doubles.ENDED)
    assert shown.exit_code == 0
    _, row, *more = shown.stdout.splitlines()
    assert row.split()[2:5] == ["unusable", doubles.DIALED, "(voicemail)"]
    assert more[: more.index("")] == [
        "forwarded from +12015550144",
        "returns a call of ours",
        "outcome completed",
        f"voicemail of 4.2 s: /v1/calls/{doubles.ENDED}/voicemail",
        "forward: failed",
        "  +12015550111: busy (486) after 3.0 s",
        "metadata: tenant=acme",
    ]


@pytest.mark.parametrize("words", NASTY)
async def test_nothing_that_was_said_is_taken_for_markup(
    words: str, dispatch: doubles.Dispatch, trunkline: conftest.Trunkline
) -> None:
    event = doubles.an_event(1, events.EventType.TOOL_CALLED, tool=words)
    dispatch.keep(doubles.Kept(doubles.a_call(caller=words), [doubles.a_turn(words)], [event]))
    shown = await trunkline("calls", "show", doubles.ENDED)
    assert shown.exit_code == 0
    assert shown.stdout.count(words) == 3


async def test_nothing_that_was_said_commands_the_terminal(
    dispatch: doubles.Dispatch, trunkline: conftest.Trunkline
) -> None:
    dispatch.keep(doubles.Kept(doubles.a_call(), [doubles.a_turn("before\x1b]0;owned\x07\x1b[2J\r\nafter")]))
    shown = await trunkline("calls", "show", doubles.ENDED)
    assert not set("\x1b\x07\r") & set(shown.stdout)
    assert "before ]0;owned  [2J  after" in shown.stdout

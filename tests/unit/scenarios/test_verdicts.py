"""The verdict over a call: each check passes on a good call, and fails alone when its fact is wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from lab.scenarios import callers, scripts, verdicts

pytestmark = pytest.mark.unit

SCRIPT = scripts.Scenario(
    name="Test",
    number="+12015550100",
    caller="+12015550123",
    greeting_within_ms=1500,
    turns=(
        scripts.Line(say="What are your opening hours?", agent_says=("Monday", "friday")),
        scripts.Line(
            say="Book Tuesday at ten",
            interrupt_after_ms=500,
            agent_falls_silent_within_ms=800,
            agent_says=("tuesday",),
        ),
    ),
    ended_by="agent",
)


def a_good_call() -> callers.Heard:
    return callers.Heard(
        answered_ms=900.0,
        greeting_ms=120.0,
        lines=[
            callers.SpokenLine(said_from_s=3.0, said_to_s=5.0, reply_s=1.2),
            callers.SpokenLine(said_from_s=7.0, said_to_s=9.0, fell_silent_ms=400.0, reply_s=0.9),
        ],
        ended_by="agent",
    )


def a_good_ledger() -> verdicts.Ledger:
    said = [
        ("agent", "Hello, this is Ava."),
        ("user", "what are your opening hours"),
        ("agent", "We are open from Monday to"),
        ("user", "book tuesday at ten"),
        ("agent", "Tuesday at ten. Friday is closed."),
    ]
    call: dict[str, Any] = {
        "status": "ended",
        "termination": {"reason": "agent_hangup"},
        "transcript": [{"role": role, "message": message} for role, message in said],
    }
    return verdicts.Ledger(call=call, events=[{"sequence": 1}, {"sequence": 2}, {"sequence": 3}])


def failed(heard: callers.Heard, ledger: verdicts.Ledger | None) -> list[str]:
    return [check.what for check in verdicts.judge(SCRIPT, heard, ledger) if not check.passed]


def test_a_good_call_passes_every_check() -> None:
    checks = verdicts.judge(SCRIPT, a_good_call(), a_good_ledger())
    assert [check.what for check in checks] == [
        "the call was answered",
        "the script was played",
        "the greeting is heard within 1500 ms of the answer",
        "turn 1 is answered",
        "turn 2 is answered",
        "turn 2 interrupts: the agent falls silent within 800 ms",
        "the agent hangs up",
        "the ledger says agent_hangup",
        "the events have no gap",
        "turn 1 is in the transcript",
        "turn 1 got the right answer",
        "turn 2 is in the transcript",
        "turn 2 got the right answer",
    ]
    assert all(check.passed for check in checks)


@pytest.mark.parametrize(
    ("spoil", "what", "detail"),
    [
        (lambda heard: setattr(heard, "problem", "no silence"), "the script was played", "no silence"),
        (lambda heard: setattr(heard, "greeting_ms", 1501.0), "the greeting is heard within 1500 ms", "1501 ms"),
        (lambda heard: setattr(heard, "greeting_ms", None), "the greeting is heard within 1500 ms", "silence"),
        (lambda heard: setattr(heard.lines[0], "reply_s", 6.1), "turn 1 is answered", "reply after 6.10 s"),
        (lambda heard: setattr(heard.lines[0], "reply_s", None), "turn 1 is answered", "no reply"),
        (lambda heard: setattr(heard.lines[1], "fell_silent_ms", 801.0), "turn 2 interrupts", "801 ms"),
        (lambda heard: setattr(heard.lines[1], "fell_silent_ms", None), "turn 2 interrupts", "it talked on"),
        (lambda heard: setattr(heard, "ended_by", "caller"), "the agent hangs up", "caller"),
    ],
)
def test_what_the_phone_witnessed_fails_its_own_check(
    spoil: Callable[[callers.Heard], None], what: str, detail: str
) -> None:
    heard = a_good_call()
    spoil(heard)
    (check,) = (check for check in verdicts.judge(SCRIPT, heard, a_good_ledger()) if not check.passed)
    assert check.what.startswith(what)
    assert check.detail == detail


def _spoilt(change: Callable[[dict[str, Any]], object]) -> verdicts.Ledger:
    good = a_good_ledger()
    call = copy.deepcopy(good.call)
    change(call)
    return verdicts.Ledger(call=call, events=good.events)


@pytest.mark.parametrize(
    ("change", "what", "detail"),
    [
        (lambda call: call.update(status="in_progress"), "the ledger says agent_hangup", "agent_hangup"),
        (lambda call: call["termination"].update(reason="caller_hangup"), "the ledger says", "caller_hangup"),
        (lambda call: call.update(termination=None), "the ledger says agent_hangup", "None"),
        (lambda call: call["transcript"][1].update(message="what time"), "turn 1 is in the transcript", "20% of"),
        (lambda call: call["transcript"][1].update(role="agent"), "turn 1 is in the transcript", "0% of"),
        (lambda call: call["transcript"][2].update(message="We are closed"), "turn 1 got", "missing: Monday"),
        (lambda call: call["transcript"][2].update(role="user"), "turn 1 got", "missing: Monday"),
        (lambda call: call["transcript"][4].update(message="Friday, no"), "turn 2 got", "missing: tuesday"),
    ],
)
def test_what_the_ledger_says_fails_its_own_check(
    change: Callable[[dict[str, Any]], object], what: str, detail: str
) -> None:
    checks = verdicts.judge(SCRIPT, a_good_call(), _spoilt(change))
    (check,) = (check for check in checks if not check.passed)
    assert check.what.startswith(what)
    assert check.detail.startswith(detail)


@pytest.mark.parametrize("sequence", [[], [1, 3], [2, 3], [1, 1, 2], [2, 1]])
def test_a_gap_in_the_events_fails(sequence: list[int]) -> None:
    ledger = verdicts.Ledger(call=a_good_ledger().call, events=[{"sequence": number} for number in sequence])
    assert failed(a_good_call(), ledger) == ["the events have no gap"]


def test_a_call_that_was_not_answered_has_one_failure_by_phone() -> None:
    heard = callers.Heard(problem="refused with 486")
    (check,) = (check for check in verdicts.judge(SCRIPT, heard, a_good_ledger()) if not check.passed)
    assert (check.what, check.detail) == ("the call was answered", "refused with 486")


def test_lines_that_were_not_said_are_not_answered() -> None:
    heard = a_good_call()
    heard.lines = heard.lines[:1]
    assert failed(heard, a_good_ledger()) == [
        "turn 2 is answered",
        "turn 2 interrupts: the agent falls silent within 800 ms",
    ]


def test_without_a_ledger_the_verdict_is_a_failure() -> None:
    checks = verdicts.judge(SCRIPT, a_good_call(), None)
    assert checks[-1] == verdicts.Check(
        what="the ledger has the call", passed=False, detail="/v1/calls does not list it"
    )
    assert all(check.passed for check in checks[:-1])


@pytest.mark.parametrize(
    ("said", "transcript", "share"),
    [
        ("What are your opening hours?", "what are your OPENING hours", 1.0),
        ("What are your opening hours?", "well, what were your opening, er, hours then", 0.8),
        ("What are your opening hours?", "hours opening", 0.2),  # the order counts
        ("What are your opening hours?", "I would like a pizza", 0.0),
        ("Don't!", "don't", 1.0),
        ("anything", "", 0.0),
        ("", "anything", 0.0),
    ],
)
def test_share_heard(said: str, transcript: str, share: float) -> None:
    assert verdicts.share_heard(said, transcript) == pytest.approx(share)

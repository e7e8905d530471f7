"""How long callers wait while the pre-call webhook is asked: resumable, counted.

`scripts/test long` runs it. First sounds are timed from the INVITE, by the phone's clock; what
is left to do after the verdict, by the events of the call.
"""

from __future__ import annotations

import datetime as dt
import pathlib
import statistics
from collections.abc import Iterator
from typing import Any

import pytest

from cli import api
from dispatch.webhooks.pre_call import breakers
from lab import labs, receiver, softphone
from tests import recorded
from tests.calls import lines, standing

pytestmark = [pytest.mark.calls, pytest.mark.long, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(3600)]

VERSION = recorded.version(map(pathlib.Path, ("dispatch/webhooks", "dispatch/internal", "worker/jobs")))
BUDGET_S = 3.0
HANGING, OPEN, PAIRS = 50, 10, 10
PROMISED_S = 1.5  # beyond the budget; with an open breaker, in all
FINE = receiver.Answer.of({})
SLOW = receiver.Answer.of({"tools": ["end_call"]}, after_s=0.3)  # which leaves greeting and providers as they are


def kept(case: str) -> dict[int, dict[str, Any]]:
    """What an earlier session has measured with this version, by run."""
    return {one["run"]: one for one in recorded.kept("pre_call", VERSION) if one["case"] == case}


def keep(case: str, run: int, **figures: Any) -> None:
    rounded = {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}
    recorded.add("pre_call", {"case": case, "run": run, "version": VERSION, **rounded})


def missing(case: str, count: int) -> Iterator[int]:
    finished = kept(case)
    return (run for run in range(count) if run not in finished)


async def wait_of(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, answer: receiver.Answer, hooks: receiver.Receiver
) -> tuple[float, float, dict[str, Any]]:
    """One call: seconds from verdict to answer, and from the INVITE to the agent's first sound; and the verdict."""
    hooks.answer("pre_call", answer)
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.HOOKED), caller=standing.CALLER)
    await call.answered(timeout=20)
    await call.hears_speech(timeout=10, since_s=0)
    await call.hang_up()
    [row] = await standing.new_rows(ledger, known, 1)
    events = {event["type"]: event for event in await ledger.events(row["callId"])}
    asked, answered = events["call.pre_call"], events["call.answered"]
    rest = dt.datetime.fromisoformat(answered["at"]) - dt.datetime.fromisoformat(asked["at"])
    await standing.settles(lab, phone)
    sound_s = call.recording.first_sound_s()
    assert sound_s is not None, "speech was heard"
    return rest.total_seconds(), sound_s, asked["data"]


async def test_an_endpoint_that_hangs_costs_its_time_and_no_more(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver
) -> None:
    for run in missing("hanging", HANGING):
        if run % (breakers.FAILURES - 1) == 0:  # an answer in between keeps the breaker closed, so that all are asked
            _, _, told = await wait_of(lab, phone, ledger, FINE, hooks)
            assert told["result"] == "unchanged"
        _, sound_s, told = await wait_of(lab, phone, ledger, receiver.HANGS, hooks)
        keep("hanging", run, first_sound_s=sound_s, result=told["result"], error=told["error"], took_ms=told["took_ms"])
    found = kept("hanging").values()
    assert len(found) == HANGING
    assert {(one["result"], one["error"]) for one in found} == {("failed", "timeout")}
    assert max(one["first_sound_s"] for one in found) <= BUDGET_S + PROMISED_S


async def test_an_open_breaker_costs_nothing(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver
) -> None:
    for run in missing("breaker open", OPEN):
        told = {"result": ""}
        while told["result"] != "breaker_open":  # it closes in the long run, and is opened anew
            _, sound_s, told = await wait_of(lab, phone, ledger, receiver.HANGS, hooks)
        keep("breaker open", run, first_sound_s=sound_s, took_ms=told["took_ms"])
    found = kept("breaker open").values()
    assert len(found) == OPEN
    assert max(one["first_sound_s"] for one in found) <= PROMISED_S


async def test_an_answer_after_300_ms_is_waited_for_while_the_agent_gets_ready(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, hooks: receiver.Receiver
) -> None:
    """Once the answer is there, no more than half of what takes an agent to the phone is left to do.

    The agent of these tests is there after 0.2 s, so that a part of 300 ms shows all the same.
    """
    told = {"result": ""}
    while told["result"] != "unchanged":  # an earlier test may have left the breaker open
        _, _, told = await wait_of(lab, phone, ledger, FINE, hooks)
    for run in missing("300 ms", PAIRS):
        at_once_s, _, _ = await wait_of(lab, phone, ledger, FINE, hooks)
        late_s, _, told = await wait_of(lab, phone, ledger, SLOW, hooks)
        keep("300 ms", run, rest_s=at_once_s, rest_late_s=late_s, took_ms=told["took_ms"])
    found = list(kept("300 ms").values())
    at_once, late = (statistics.median(one[name] for one in found) for name in ("rest_s", "rest_late_s"))
    assert late <= at_once / 2, (at_once, late)

"""Dispatch dies while it places a call: no phone rings twice, and soon after the call is up or its end is known."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
from collections.abc import Awaitable, Callable

import pytest

from lab import labs, softphone
from tests import recorded
from tests.calls import dialing, standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

SOURCES = [pathlib.Path("dispatch"), pathlib.Path("worker/jobs")]
RINGS_S = 1.5
KNOWN_S = 10.0  # from the start of dispatch to a call that is up or over


@dataclasses.dataclass(frozen=True)
class Moment:
    """When dispatch dies, as seen by the phone that it calls."""

    name: str
    comes: Callable[[softphone.Softphone], Awaitable[softphone.IncomingCall | None]]


def after(seconds: float) -> Moment:
    async def comes(_: softphone.Softphone) -> None:
        await asyncio.sleep(seconds)

    return Moment(f"{seconds:g} s after the request", comes)


def at_invite(name: str, seconds: float) -> Moment:
    async def comes(callee: softphone.Softphone) -> softphone.IncomingCall:
        far = await callee.next_call(timeout=dialing.INVITED_S)
        await asyncio.sleep(seconds)
        return far

    return Moment(name, comes)


def at_answer(name: str, seconds: float) -> Moment:
    async def comes(callee: softphone.Softphone) -> softphone.IncomingCall:
        far = await callee.next_call(timeout=dialing.INVITED_S)
        await far.answered(timeout=10)
        await asyncio.sleep(seconds)
        return far

    return Moment(name, comes)


RINGING = at_invite("while it rings", 0.5)
FURTHER = [
    *(after(seconds) for seconds in (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)),
    at_invite("at the INVITE", 0.0),
    at_invite("late in the ringing", 1.0),
    at_invite("as it is picked up", RINGS_S - 0.02),
    at_answer("at the answer", 0.0),
    at_answer("in the conversation", 1.0),
]


@pytest.mark.parametrize(
    "moment",
    [RINGING, *(pytest.param(moment, marks=pytest.mark.long) for moment in FURTHER)],
    ids=lambda moment: moment.name,
)
async def test_a_dispatch_that_dies_never_calls_twice(
    lab: labs.Lab, callee: softphone.Softphone, moment: Moment, request: pytest.FixtureRequest
) -> None:
    callee.answer_with(softphone.Answering(after_s=RINGS_S))
    async with standing.ledger_of(lab) as ledger:
        call_id = await dialing.place(ledger, "+12015550165")
    far = await moment.comes(callee)
    await lab.dispatch.kill()
    await asyncio.sleep(0.5)
    await lab.dispatch.start()
    started_s = asyncio.get_running_loop().time()
    async with standing.ledger_of(lab) as ledger:
        async with asyncio.timeout(KNOWN_S):
            while (row := await ledger.call(call_id))["status"] not in ("in_progress", "ended"):
                await asyncio.sleep(0.1)
        known_s = asyncio.get_running_loop().time() - started_s
        far = far or await first_call(callee)
        if row["status"] == "in_progress":
            assert far is not None
            assert far.is_up
            await far.hears_speech(timeout=5, since_s=0)
            await far.hang_up()
        row = await standing.ended_call(ledger, call_id)
        events = await standing.event_types(ledger, call_id)
    assert events.count("call.dialing") <= 1
    assert events[-1] == "call.hangup"
    invites = (1 if far else 0) + await dialing.further_calls(callee, within_s=1.0)
    assert invites <= 1
    await lab.ready()
    await dialing.settles(lab, callee)
    if request.node.get_closest_marker("long"):
        outcome = {
            "moment": moment.name,
            "version": recorded.version(SOURCES),
            "known_s": round(known_s, 2),
            "invites": invites,
            "reason": row["termination"]["reason"],
        }
        recorded.add("dial_kills", outcome)


async def first_call(callee: softphone.Softphone) -> softphone.IncomingCall | None:
    """The call that has reached the phone meanwhile."""
    try:
        return await callee.next_call(timeout=0.1)
    except softphone.PhoneError:
        return None

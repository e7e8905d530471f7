"""What a call used of its providers is told once, before its end."""

from __future__ import annotations

from typing import Any

import pytest

from callcore import contract, endings
from tests.unit.worker import reports, samples
from worker.jobs import phone_calls

pytestmark = pytest.mark.unit

USED = contract.ProviderUsage(part=contract.Part.TTS, provider="offline", model="", requests=1, characters=12)


class Context:
    room = None


class Kit:
    clock = samples.a_clock()


class Line:
    intake = samples.intake()


def a_call(told: reports.Reports, *usage: contract.ProviderUsage) -> phone_calls.PhoneCall:
    def given(stand_in: object) -> Any:
        return stand_in

    class Meter:
        def usage(self) -> tuple[contract.ProviderUsage, ...]:
            return usage

    call = phone_calls.PhoneCall(given(Context), given(Kit), given(Line), given(told))
    call._parts._meter = given(Meter())
    return call


async def test_it_comes_before_the_end() -> None:
    told = reports.Reports()
    call = a_call(told, USED)
    call.ending.decide(endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)
    await call.put_on_record()
    assert [record.kind for record in told.records] == ["usage", "ended"]
    assert told.records[0] == contract.UsageRecord(usage=(USED,))


async def test_a_call_that_used_nothing_tells_of_nothing() -> None:
    told = reports.Reports()
    await a_call(told).put_on_record()
    assert [record.kind for record in told.records] == ["ended"]


async def test_it_is_told_although_the_session_cannot_be_closed() -> None:
    told = reports.Reports()
    call = a_call(told, USED)

    closed = []

    async def close() -> None:
        closed.append("the one before it")

    async def break_off() -> None:
        raise RuntimeError

    call._parts._owns(close)
    call._parts._owns(break_off)
    with pytest.raises(RuntimeError):
        await call.put_on_record()
    assert closed == ["the one before it"]
    assert [record.kind for record in told.records] == ["usage", "ended"]


async def test_a_job_that_leaves_its_call_to_others_tells_what_it_used() -> None:
    told = reports.Reports()
    call = a_call(told, USED)
    call.step_out()
    await call.put_on_record()
    assert [record.kind for record in told.records] == ["usage"]

"""Dispatch dies at every point of a dial, and another one goes on: a phone is never dialed twice."""

from __future__ import annotations

import datetime as dt

import pytest

from callcore import contract, transfers
from dispatch import keys
from dispatch.dialing import records
from dispatch.livekit import dialing
from dispatch.store import dial_claims
from dispatch.store import dials as rows
from tests.unit.dispatch import conftest, dialers, samples
from tests.unit.dispatch.dialing import steps

pytestmark = pytest.mark.unit


async def goes_on_from_the_start(service: conftest.Service, call_id: str) -> None:
    """The next process prepares the call anew, dials once, and somebody answers."""
    await steps.looks(service)
    generation = (await steps.row(service, call_id)).generation
    assert generation == 2

    async def told_again() -> bool:
        return any(f'"generation":{generation}' in metadata for _, metadata in service.livekit.opened)

    await steps.until(told_again)
    tries = len(service.livekit.opened)
    assert tries == 1 or call_id in service.livekit.closed
    await steps.joins(service, call_id, tries, job="AJ_2")
    assert await steps.says_ready(service, call_id, generation, job="AJ_2") == 204
    await steps.rings(service, call_id)
    service.dialer.answer(steps.ANSWERED, 200)
    await steps.comes_to(service, call_id, "in_progress")
    await steps.is_over(service, call_id)
    assert len(service.dialer.dials) == 1


async def test_right_after_it_was_accepted(service: conftest.Service) -> None:
    call_id = await steps.accepted(service)
    await steps.crash(service)
    await goes_on_from_the_start(service, call_id)


async def test_with_the_room_made(service: conftest.Service) -> None:
    call_id = await steps.accepted(service)
    await steps.room_of(service, call_id)
    await steps.crash(service)
    await goes_on_from_the_start(service, call_id)


async def test_with_a_job_in_it_which_has_no_say_any_more(service: conftest.Service) -> None:
    call_id = await steps.accepted(service)
    await steps.joins(service, call_id)
    await steps.crash(service)
    await steps.looks(service)
    assert await steps.says_ready(service, call_id, 1) == 409
    await goes_on_from_the_start(service, call_id)


async def test_with_the_job_ready(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        raise RuntimeError("the process dies here")

    call_id = await steps.accepted(service)
    await steps.joins(service, call_id)
    with monkeypatch.context() as dying:
        dying.setattr(records.Records, "begin", never)
        await steps.says_ready(service, call_id)
        await steps.crash(service)
    await goes_on_from_the_start(service, call_id)


async def test_before_the_request_to_dial(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: dialing.Dial) -> dialing.Answer:
        raise RuntimeError("the process dies here")

    call_id = await steps.accepted(service)
    await steps.joins(service, call_id)
    with monkeypatch.context() as dying:
        dying.setattr(service.dialer, "dial", never)
        await steps.says_ready(service, call_id)
        await steps.comes_to(service, call_id, "dialing")
        await steps.crash(service)
    await steps.looks(service)
    call = await steps.comes_to(service, call_id, "ended")
    assert (call["termination"]["reason"], call["termination"]["result"]) == ("unknown", "indeterminate")
    assert service.dialer.dials == []


async def test_while_it_rings_and_then_somebody_answers(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    await steps.crash(service)
    await steps.looks(service)
    assert (await steps.call(service, call_id))["status"] == "dialing"
    steps.picked_up(service, call_id, service.dialer.dials[0].identity)
    await steps.comes_to(service, call_id, "in_progress")
    await steps.is_over(service, call_id)
    assert (len(service.dialer.dials), len(service.livekit.opened)) == (1, 1)


async def test_while_it_rings_and_nobody_answers(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    await steps.crash(service)
    await steps.looks(service)
    service.clock.advance(contract.RINGING_S + transfers.SETTLE_S + 1)
    call = await steps.comes_to(service, call_id, "ended")
    assert (call["termination"]["reason"], len(service.dialer.dials)) == ("no_answer", 1)
    assert service.dialer.given_up == [service.dialer.dials[0].identity]


async def test_while_it_rings_and_the_phone_is_refused_meanwhile(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    await steps.crash(service)
    service.dialer.remove(call_id, service.dialer.dials[0].identity)
    await steps.looks(service)
    call = await steps.comes_to(service, call_id, "ended")
    assert (call["termination"]["reason"], call["termination"]["result"]) == ("unknown", "indeterminate")
    assert len(service.dialer.dials) == 1


async def test_a_job_that_reports_later_knows_better(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    await steps.crash(service)
    service.dialer.remove(call_id, service.dialer.dials[0].identity)
    await steps.looks(service)
    await steps.comes_to(service, call_id, "ended")
    await service.deliver(contract.AnsweredRecord(ringing_ms=10), samples.said("Hello?"), samples.ENDED, room=call_id)
    call = await steps.call(service, call_id)
    assert (call["termination"]["reason"], call["outcome"]) == ("caller_hangup", "completed")


async def test_a_call_that_is_in_progress_by_the_word_of_its_job_goes_on(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    await steps.crash(service)
    await service.deliver(contract.AnsweredRecord(ringing_ms=900), room=call_id)
    await steps.looks(service)
    await steps.is_over(service, call_id)
    assert (await steps.call(service, call_id))["status"] == "in_progress"
    assert call_id not in service.livekit.closed


async def test_while_livekit_is_out_nothing_is_decided(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    await steps.crash(service)
    service.livekit.is_out = True
    await steps.looks(service)
    service.clock.advance(600)
    assert (await steps.row(service, call_id)).state is rows.State.DIALING
    steps.picked_up(service, call_id, service.dialer.dials[0].identity)
    service.livekit.is_out = False
    await steps.comes_to(service, call_id, "in_progress")


async def test_a_lost_connection_to_livekit_is_no_reason_to_dial_again(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    identity = service.dialer.dials[0].identity
    service.dialer.answer(transfers.AttemptResult.UNKNOWN)
    service.livekit.present[call_id].append(dialers.leg(identity, "active"))
    await steps.comes_to(service, call_id, "in_progress")
    assert len(service.dialer.dials) == 1


async def test_whoever_wakes_too_late_leaves_the_phone_to_those_who_took_it_up(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    later = service.clock.now() + dt.timedelta(seconds=9)
    async with service.store.writing() as tx:
        await dial_claims.claim(tx, by="another", now=later, until=later, but=(), most=1)

    async def noticed() -> bool:
        return not service.app[keys.DIALING]._tasks

    await steps.until(noticed)
    assert (service.dialer.given_up, service.livekit.closed) == ([], [])
    assert (await steps.call(service, call_id))["status"] == "dialing"


async def test_a_lease_that_holds_keeps_others_away(service: conftest.Service) -> None:
    call_id = await steps.accepted(service)
    before = await steps.row(service, call_id)
    now = service.clock.now()
    async with service.store.writing() as tx:
        soon = now + dt.timedelta(seconds=1)
        assert await dial_claims.claim(tx, by="another", now=soon, until=soon, but=(), most=10) == ()
    service.clock.advance(3)
    await steps.looks(service)  # the lease is renewed
    async with service.store.writing() as tx:
        later = now + dt.timedelta(seconds=6)
        assert await dial_claims.claim(tx, by="another", now=later, until=later, but=(), most=10) == ()
        latest = now + dt.timedelta(seconds=8)
        (taken,) = await dial_claims.claim(tx, by="another", now=latest, until=latest, but=(), most=10)
    assert (before.generation, taken.generation, taken.claimed_by) == (1, 2, "another")


async def test_who_has_lost_a_dial_does_nothing_more(service: conftest.Service) -> None:
    call_id = await steps.accepted(service)
    await steps.joins(service, call_id)
    late = service.clock.now() + dt.timedelta(seconds=5)
    async with service.store.writing() as tx:
        (taken,) = await dial_claims.claim(tx, by="another", now=late, until=late, but=(), most=10)
    assert await steps.says_ready(service, call_id) == 409
    await _idle(service)
    assert (await steps.row(service, call_id)) == taken
    assert (service.dialer.dials, service.livekit.closed) == ([], [])


async def _idle(service: conftest.Service) -> None:
    """Nothing is in hand."""

    async def nothing() -> bool:
        return not service.app[keys.DIALING]._tasks

    await steps.until(nothing)


async def test_stopping_leaves_the_phone_ringing_and_the_row_to_the_next_one(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    await service.app[keys.DIALING].aclose()
    assert service.dialer.given_up == []
    async with service.store.writing() as tx:
        now = service.clock.now()
        (taken,) = await dial_claims.claim(tx, by="another", now=now, until=now, but=(), most=10)
    assert (taken.call_id, taken.state) == (call_id, rows.State.DIALING)


async def test_a_call_that_comes_far_too_late_is_not_placed(service: conftest.Service) -> None:
    call_id = await steps.accepted(service)
    await steps.crash(service)
    service.clock.advance(3600)
    await steps.looks(service)
    call = await steps.comes_to(service, call_id, "ended")
    assert (call["termination"]["reason"], service.dialer.dials) == ("platform_lost", [])

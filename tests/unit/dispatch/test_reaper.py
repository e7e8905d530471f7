"""The reaper, round by round on a clock that stands still until told to move."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping

import pytest
import sqlalchemy as sa

from callcore import endings
from dispatch import keys
from dispatch.ledger import legs
from dispatch.livekit import rooms
from dispatch.reaper import strays, verdicts
from dispatch.store import calls
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = pytest.mark.unit

SOON_S = 30.0
ENDING = tuple[str, str]
OPERATOR = (endings.Reason.OPERATOR_HANGUP, endings.EndedBy.OPERATOR)


async def let_pass(service: conftest.Service, seconds: float, *claimed: str, step_s: float = 2.0) -> None:
    """Let time pass, a round and a worker's report every two seconds."""
    passed = 0.0
    while passed < seconds:
        if claimed:
            await service.internal("POST", "/internal/workers", samples.report(*filter(None, claimed)))
        await service.app[keys.REAPER].round()
        service.clock.advance(step_s)
        passed += step_s


async def live_call(service: conftest.Service, *, has_room: bool = True, answered: bool = True) -> str:
    await service.deliver(*samples.whole_call()[: 3 if answered else 2])
    if has_room:
        service.livekit.present[samples.ROOM] = [doubles.CALLER, doubles.AGENT]
    call_id = (await service.only_call())["callId"]
    assert isinstance(call_id, str)
    return call_id


async def ending(service: conftest.Service) -> ENDING | None:
    end = (await service.only_call())["termination"]
    return (end["reason"], end["endedBy"]) if end else None


async def leave(service: conftest.Service, reason: str) -> None:
    left = legs.Left(room_name=samples.ROOM, at=service.clock.now(), reason=reason)
    service.livekit.present[samples.ROOM].remove(doubles.CALLER)
    assert await service.app[keys.LEDGER].note_leg(left, "EV_left")


async def test_a_call_that_is_well_is_left_alone(service: conftest.Service) -> None:
    await live_call(service)
    await let_pass(service, 30, samples.ROOM)
    assert await ending(service) is None
    assert service.livekit.closed == []


async def test_a_call_whose_caller_hung_up_ends_after_the_grace(service: conftest.Service) -> None:
    await live_call(service)
    await leave(service, "CLIENT_INITIATED")
    await let_pass(service, verdicts.GRACE_S, "")
    assert await ending(service) is None
    await let_pass(service, 2, "")
    assert await ending(service) == (endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)


async def test_the_call_ended_when_the_leg_left_not_when_the_reaper_came(service: conftest.Service) -> None:
    await live_call(service)
    service.clock.advance(10)
    await leave(service, "CLIENT_INITIATED")
    await let_pass(service, 12, "")
    assert (await service.only_call())["durationSeconds"] == pytest.approx(7.0)


async def test_a_caller_who_gave_up_while_it_rang_cancelled(service: conftest.Service) -> None:
    await live_call(service, answered=False)
    await leave(service, "CLIENT_INITIATED")
    await let_pass(service, 10, "")
    assert await ending(service) == (endings.Reason.CANCELLED, endings.EndedBy.CALLER)


async def test_the_workers_own_report_comes_first(service: conftest.Service) -> None:
    await live_call(service)
    await leave(service, "CLIENT_INITIATED")
    await let_pass(service, 4, "")
    silence = samples.ENDED.model_copy(update={"reason": endings.Reason.SILENCE, "ended_by": endings.EndedBy.SYSTEM})
    await service.deliver(silence, first=4)
    await let_pass(service, 10, "")
    assert await ending(service) == (endings.Reason.SILENCE, endings.EndedBy.SYSTEM)


async def test_a_worker_that_died_loses_its_call_and_the_leg_ends(service: conftest.Service) -> None:
    await live_call(service)
    await let_pass(service, 4, samples.ROOM)
    service.livekit.present[samples.ROOM].remove(doubles.AGENT)
    await let_pass(service, 16)
    assert await ending(service) == (endings.Reason.WORKER_LOST, endings.EndedBy.SYSTEM)
    await service.app[keys.CLOSER].aclose()
    assert samples.ROOM in service.livekit.closed


async def test_a_job_that_vanished_from_a_living_worker_loses_its_call(service: conftest.Service) -> None:
    await live_call(service)
    service.livekit.present[samples.ROOM].remove(doubles.AGENT)
    await let_pass(service, 10, "")
    assert await ending(service) == (endings.Reason.WORKER_LOST, endings.EndedBy.SYSTEM)


async def test_a_room_that_is_gone_for_a_moment_is_no_end(service: conftest.Service) -> None:
    await live_call(service)
    await let_pass(service, 4, samples.ROOM)
    people = service.livekit.present.pop(samples.ROOM)
    await let_pass(service, verdicts.CLAIMED_GRACE_S - 3, samples.ROOM)
    service.livekit.present[samples.ROOM] = people
    await let_pass(service, 30, samples.ROOM)
    assert await ending(service) is None


async def test_a_room_that_stays_away_ends_the_call_even_if_its_worker_clings_to_it(service: conftest.Service) -> None:
    await live_call(service, has_room=False)
    await let_pass(service, verdicts.CLAIMED_GRACE_S + 3, samples.ROOM)
    assert await ending(service) == (endings.Reason.PLATFORM_LOST, endings.EndedBy.SYSTEM)


async def test_a_room_and_a_worker_that_are_gone_are_a_lost_worker(service: conftest.Service) -> None:
    await live_call(service, has_room=False)
    await let_pass(service, 10)
    assert await ending(service) == (endings.Reason.WORKER_LOST, endings.EndedBy.SYSTEM)


async def test_a_hangup_that_was_never_carried_out_is_finished(service: conftest.Service) -> None:
    call_id = await live_call(service)
    await service.app[keys.LEDGER].request_hangup(call_id)
    await let_pass(service, verdicts.CLAIMED_GRACE_S + 3, samples.ROOM)
    assert await ending(service) == OPERATOR


async def test_after_a_start_nothing_is_judged_before_workers_could_speak(service: conftest.Service) -> None:
    # Everything was reported long before this process: only what it sees itself counts.
    await live_call(service)
    await leave(service, "CLIENT_INITIATED")
    service.clock.advance(3600)
    await let_pass(service, verdicts.GRACE_S)
    assert await ending(service) is None


async def test_the_room_of_a_call_that_is_over_is_closed(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    await service.app[keys.CLOSER].aclose()
    service.livekit.closed.clear()
    service.livekit.present[samples.ROOM] = [doubles.CALLER]
    await let_pass(service, 4)
    assert service.livekit.closed == [samples.ROOM]


async def test_a_caller_who_waits_for_nobody_is_let_go(service: conftest.Service) -> None:
    service.livekit.present["call_nobody"] = [doubles.CALLER]
    await let_pass(service, strays.GRACE_S[strays.Stray.NO_AGENT])
    assert service.livekit.closed == []
    await let_pass(service, 2)
    assert service.livekit.closed == ["call_nobody"]


async def test_a_call_that_a_worker_handles_alone_is_left_to_it(service: conftest.Service) -> None:
    service.livekit.present["call_with_agent"] = [doubles.CALLER, doubles.AGENT]
    service.livekit.present["call_claimed"] = [doubles.CALLER]
    service.livekit.present["call_empty"] = []
    await let_pass(service, 30, "call_claimed")
    assert service.livekit.closed == []


async def test_a_refusal_of_which_no_webhook_came_is_made_up_for(service: conftest.Service) -> None:
    service.livekit.present["refused_1"] = [doubles.STRANGER]
    await let_pass(service, 2)
    assert [room for room, _, _ in service.livekit.refused] == service.livekit.closed == ["refused_1"]


async def test_while_livekit_is_out_no_call_ends(service: conftest.Service) -> None:
    await live_call(service)
    service.livekit.is_out = True
    for _ in range(30):
        with pytest.raises(rooms.LiveKitUnavailable):
            await service.app[keys.REAPER].round()
        service.clock.advance(2)
    service.livekit.is_out = False
    await let_pass(service, 4, samples.ROOM)
    assert await ending(service) is None


async def test_what_was_wrong_before_an_outage_of_livekit_is_given_its_time_again(service: conftest.Service) -> None:
    await live_call(service)
    await leave(service, "CLIENT_INITIATED")
    await let_pass(service, 4, "")
    service.livekit.is_out = True
    with pytest.raises(rooms.LiveKitUnavailable):
        await service.app[keys.REAPER].round()
    service.clock.advance(30)
    service.livekit.is_out = False
    await let_pass(service, verdicts.GRACE_S, "")
    assert await ending(service) is None
    await let_pass(service, 2, "")
    assert await ending(service) is not None


async def test_what_the_reaper_did_is_counted(service: conftest.Service) -> None:
    await live_call(service, has_room=False)
    await let_pass(service, 10)
    registry = service.app[keys.METRICS].registry
    assert registry.get_sample_value("trunkline_reaper_actions_total", {"action": "room_gone"}) == 1
    assert service.clock.now() - samples.START == dt.timedelta(seconds=10)


async def test_a_call_whose_agent_is_in_the_room_goes_on_though_its_worker_is_not_heard(
    service: conftest.Service,
) -> None:
    await live_call(service)
    await let_pass(service, 120)
    assert await ending(service) is None
    assert service.livekit.closed == []


async def test_a_leg_that_is_in_the_room_has_not_left_whatever_a_webhook_said(service: conftest.Service) -> None:
    await live_call(service)
    await leave(service, "CLIENT_INITIATED")
    service.livekit.present[samples.ROOM].append(doubles.CALLER)
    await let_pass(service, 60)
    assert await ending(service) is None
    async with service.store.reading() as tx:
        (entry,) = await calls.live(tx)
    assert entry.leg_left_at is None


async def test_a_worker_that_reports_while_its_call_is_judged_keeps_it(service: conftest.Service) -> None:
    await live_call(service)
    service.livekit.present[samples.ROOM].remove(doubles.AGENT)
    await let_pass(service, verdicts.GRACE_S, "")
    looking = service.livekit.participants

    async def and_meanwhile(room_name: str) -> tuple[rooms.Participant, ...]:
        await service.internal("POST", "/internal/workers", samples.report(room_name))
        return await looking(room_name)

    service.livekit.participants = and_meanwhile  # type: ignore[method-assign]
    await service.app[keys.REAPER].round()
    assert await ending(service) is None


async def test_one_room_that_cannot_be_looked_at_spares_the_others(service: conftest.Service) -> None:
    service.livekit.present |= {"call_bad": [doubles.CALLER], "call_good": [doubles.CALLER]}
    service.livekit.failing.add("call_bad")
    await let_pass(service, strays.GRACE_S[strays.Stray.NO_AGENT] + 2)
    assert service.livekit.closed == ["call_good"]


async def test_ages_survive_a_round_that_failed_for_a_room(service: conftest.Service) -> None:
    service.livekit.present["call_nobody"] = [doubles.CALLER]
    await let_pass(service, 8)
    service.livekit.failing.add("call_nobody")
    await let_pass(service, 2)
    service.livekit.failing.clear()
    await let_pass(service, 2)
    assert service.livekit.closed == ["call_nobody"]


async def test_rooms_without_end_do_not_keep_calls_waiting(service: conftest.Service) -> None:
    await live_call(service)
    service.livekit.present.pop(samples.ROOM)
    service.livekit.present |= {f"refused_{number}": [doubles.STRANGER] for number in range(30)}
    is_stuck, goes_on = asyncio.Event(), asyncio.Event()

    async def hang(room_name: str, identity: str, headers: Mapping[str, str]) -> None:
        is_stuck.set()
        await goes_on.wait()

    service.livekit.refuse = hang  # type: ignore[method-assign]
    reaper = service.app[keys.REAPER]
    clearing = asyncio.create_task(reaper.clearing.once())
    async with asyncio.timeout(SOON_S):
        await is_stuck.wait()
        for _ in range(8):
            await reaper.judging.once()
            service.clock.advance(2)
    assert await ending(service) == (endings.Reason.WORKER_LOST, endings.EndedBy.SYSTEM)
    assert not clearing.done()
    goes_on.set()
    await clearing


async def test_rooms_are_cleared_side_by_side_but_not_all_at_once(service: conftest.Service) -> None:
    service.livekit.present |= {f"call_{number}": [doubles.CALLER] for number in range(40)}
    looking, most, under_way = service.livekit.participants, 0, 0

    async def count(room_name: str) -> tuple[rooms.Participant, ...]:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return await looking(room_name)

    service.livekit.participants = count  # type: ignore[method-assign]
    await service.app[keys.REAPER].round()
    assert 1 < most <= 8


async def test_a_row_of_another_version_spares_the_other_calls(
    service: conftest.Service, capsys: pytest.CaptureFixture[str]
) -> None:
    await live_call(service, has_room=False)
    await service.deliver(samples.arrived("call_other"), spool="spool_2", room="call_other")
    async with service.store.writing() as tx:
        await tx.execute(sa.text("UPDATE calls SET status = 'on_hold' WHERE room_name = 'call_other'"))
    await let_pass(service, 10)
    assert await ending(service) == (endings.Reason.WORKER_LOST, endings.EndedBy.SYSTEM)
    assert "a row cannot be read" in capsys.readouterr().out

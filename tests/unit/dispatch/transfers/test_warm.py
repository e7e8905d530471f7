"""Warm transfers: what dispatch decides of them, by what the job in the room says and what phones do."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import sqlalchemy as sa

from callcore import contract, endings, transfer_wishes, transfers
from dispatch.store import tables
from dispatch.transfers import consulting, driving, permits, summoning
from sip_config import schema
from tests.unit.dispatch import dialers, doubles, samples
from tests.unit.dispatch.transfers import desks
from tests.unit.dispatch.transfers.desks import FIRST, RESULT, SECOND, SEEN, STATE

pytestmark = pytest.mark.unit

FALLBACK = transfer_wishes.Fallback


@pytest.mark.both_stores
async def test_who_is_asked_takes_the_call(desk: desks.Desk) -> None:
    asked = await desk.request(wish=desks.wish(longest_s=600.0))
    assert asked.state is STATE.REQUESTED
    await desk.says(SEEN.HELD, 0)
    identity = await desk.rings()
    assert desk.summoner.summoned == [(samples.ROOM, "AJ_1", asked.id)]
    (dial,) = desk.dialer.dials
    assert (identity, dial.plays_dialtone, dial.kind) == (f"{asked.id}_1", False, transfers.Kind.WARM)
    assert (dial.ringing_timeout_s, dial.route.user) == (20, FIRST)
    assert dial.longest_s is not None
    assert dial.longest_s > 600

    desk.clock.advance(4)
    desk.dialer.answer(RESULT.ANSWERED, 200)
    await desk.comes_to(STATE.CONSULTING)
    desk.clock.advance(6)
    accepted = await desk.says(SEEN.ACCEPTED)
    assert (accepted.state, accepted.accepted_at) == (STATE.CONSULTING, desk.clock.now())
    bridged = await desk.says(SEEN.MERGED)
    (attempt,) = bridged.attempts
    assert (bridged.state, attempt.result, attempt.seconds) == (STATE.BRIDGED, RESULT.ANSWERED, 10.0)
    assert await desk.told() == ["requested", "holding", "dialing", "consulting", "accepted", "bridged"]
    assert (desk.dialer.given_up, desk.livekit.closed) == ([], [])


@pytest.mark.parametrize(
    ("result", "code"),
    [(RESULT.BUSY, 486), (RESULT.REJECTED, 603), (RESULT.INVALID_NUMBER, 404), (RESULT.NO_ANSWER, None)],
)
async def test_nobody_answers_and_the_caller_is_back(
    desk: desks.Desk, result: transfers.AttemptResult, code: int | None
) -> None:
    await desk.request()
    await desk.says(SEEN.HELD, 0)
    await desk.rings()
    desk.dialer.answer(result, code)
    returned = await desk.comes_to(STATE.RETURNED)
    (attempt,) = returned.attempts
    assert (attempt.result, attempt.sip_status_code) == (result, code)
    assert await desk.told() == ["requested", "holding", "dialing", "attempt_failed", "returned"]


@pytest.mark.parametrize("is_early", [False, True])
async def test_a_dial_of_which_livekit_knows_nothing_is_looked_at_in_the_room(
    desk: desks.Desk, *, is_early: bool
) -> None:
    await desk.request()
    await desk.says(SEEN.HELD, 0)
    identity = await desk.rings()
    desk.dialer.answer(RESULT.NO_ANSWER if is_early else RESULT.UNKNOWN, is_early=is_early)
    desk.livekit.present[samples.ROOM].append(dialers.leg(identity, "active"))
    await desk.comes_to(STATE.CONSULTING)
    assert desk.dialer.given_up == []


async def test_what_is_dialed_counts_for_as_long_as_it_may_be_taken(desk: desks.Desk) -> None:
    async def held() -> list[float | None]:
        async with desk.store.reading() as tx:
            kept = await tx.execute(sa.select(tables.reservations))
            return sorted((row.minutes if row.released_at else None for row in kept), key=lambda each: each is None)

    await desk.consulting(wish=desks.wish(FIRST, SECOND))
    assert await held() == [None]
    await desk.says(SEEN.DECLINED)
    await desk.rings(2)
    assert await held() == [0.0, None]
    desk.dialer.answer(RESULT.ANSWERED, 200)
    await desk.comes_to(STATE.CONSULTING)
    await desk.says(SEEN.MERGED)
    assert await held() == [0.0, None]
    await desk.says(SEEN.LOST)
    assert await held() == [0.0, 0.0]


@pytest.mark.parametrize("fallback", [FALLBACK.TAKE_MESSAGE, FALLBACK.HANG_UP])
async def test_nobody_answers_and_the_caller_does_not_go_back(
    desk: desks.Desk, fallback: transfer_wishes.Fallback
) -> None:
    await desk.request(wish=desks.wish(fallback=fallback))
    await desk.says(SEEN.HELD, 0)
    await desk.rings()
    desk.dialer.answer(RESULT.BUSY, 486)
    assert (await desk.comes_to(STATE.FAILED)).attempts[0].result is RESULT.BUSY


@pytest.mark.parametrize(
    ("seen", "result"),
    [
        (SEEN.DECLINED, RESULT.DECLINED),
        (SEEN.VOICEMAIL, RESULT.VOICEMAIL),
        (SEEN.UNRESPONSIVE, RESULT.UNRESPONSIVE),
        (SEEN.LEFT, RESULT.HUNG_UP),
    ],
)
async def test_who_does_not_take_the_call_is_hung_up_and_the_next_one_is_dialed(
    desk: desks.Desk, seen: contract.Seen, result: transfers.AttemptResult
) -> None:
    await desk.consulting(wish=desks.wish(FIRST, SECOND))
    first = desk.dialer.dials[0].identity
    await desk.says(seen)
    second = await desk.rings(2)
    assert first in desk.dialer.given_up
    assert (second, desk.dialer.dials[1].route.user) == (first.removesuffix("1") + "2", SECOND)
    desk.dialer.answer(RESULT.ANSWERED, 200)
    await desk.comes_to(STATE.CONSULTING)
    bridged = await desk.says(SEEN.MERGED)
    assert [attempt.result for attempt in bridged.attempts] == [result, RESULT.ANSWERED]
    assert second not in desk.dialer.given_up


async def test_a_destination_that_must_not_be_dialed_any_more_is_passed_over(desk: desks.Desk) -> None:
    await desk.consulting(wish=desks.wish(FIRST, SECOND))
    board = desk.means.board
    full = schema.Dialing.model_validate({"limits": {"concurrent": 0}})
    board.reconfigure(dataclasses.replace(board.configuration, dialing=full), doubles.LIVE)
    await desk.says(SEEN.DECLINED)
    returned = await desk.comes_to(STATE.RETURNED)
    assert [attempt.result for attempt in returned.attempts] == [RESULT.DECLINED, RESULT.REFUSED]
    assert len(desk.dialer.dials) == 1


async def test_an_operator_takes_the_call_for_the_destination(desk: desks.Desk) -> None:
    transfer = await desk.consulting()
    for _ in range(2):
        accepted = await desk.transfers.complete(desk.call_id, transfer.id)
        assert (accepted.state, accepted.accepted_at is not None) == (STATE.CONSULTING, True)
    assert (await desk.says(SEEN.MERGED)).state is STATE.BRIDGED
    assert (await desk.told()).count("accepted") == 1


async def test_a_job_that_does_not_merge_in_time_has_lost_the_destination(
    desk: desks.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consulting, "_MERGE_S", 0.03)
    await desk.consulting()
    await desk.says(SEEN.ACCEPTED)
    assert (await desk.comes_to(STATE.RETURNED)).attempts[0].result is RESULT.UNRESPONSIVE
    assert desk.dialer.dials[0].identity in desk.dialer.given_up


async def test_a_conversation_without_end_ends(desk: desks.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permits, "CONSULTATION_S", 0.03)
    await desk.consulting()
    assert (await desk.comes_to(STATE.RETURNED)).attempts[0].result is RESULT.UNRESPONSIVE


async def test_a_leg_that_left_without_a_word_of_the_job_is_missed(desk: desks.Desk) -> None:
    await desk.consulting()
    desk.leaves(desk.dialer.dials[0].identity)
    assert (await desk.comes_to(STATE.RETURNED)).attempts[0].result is RESULT.HUNG_UP


async def test_the_word_of_the_job_that_somebody_picked_up_is_enough(desk: desks.Desk) -> None:
    await desk.request()
    await desk.says(SEEN.HELD, 0)
    await desk.rings()
    assert (await desk.says(SEEN.PICKED_UP)).state is STATE.CONSULTING
    assert (await desk.says(SEEN.MERGED)).state is STATE.BRIDGED


async def test_a_job_that_cannot_be_reached_begins_nothing(desk: desks.Desk) -> None:
    desk.summoner.is_there = False
    await desk.request()
    failed = await desk.comes_to(STATE.FAILED)
    assert (failed.attempts, desk.dialer.dials) == ((), [])


async def test_a_job_whose_answer_is_lost_may_have_begun(desk: desks.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def is_taken(*_: object) -> None:
        await desk.says(SEEN.HELD, 0)
        raise summoning.NoAgentAnswers

    monkeypatch.setattr(desk.summoner, "summon", is_taken)
    await desk.request()
    await desk.rings()
    assert (await desk.row()).state is STATE.DIALING


async def test_a_job_that_does_not_put_the_caller_on_hold_keeps_them(
    desk: desks.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driving, "_HELD_S", 0.03)
    await desk.request()
    await desk.comes_to(STATE.RETURNED)
    assert (await desk.says(SEEN.HELD, 0)).state is STATE.RETURNED
    assert desk.dialer.dials == []


async def test_the_agents_own_wish_needs_no_summons(desk: desks.Desk) -> None:
    options: dict[str, Any] = {"requested_by": transfer_wishes.Requester.AGENT, "holder": ("AJ_1", 1)}
    await desk.request(request_id="fc_1", is_held=True, **options)
    await desk.rings()
    assert desk.summoner.summoned == []
    assert await desk.told() == ["requested", "holding", "dialing"]


@pytest.mark.both_stores
async def test_the_destination_that_goes_in_the_moment_of_the_merge_is_lost(desk: desks.Desk) -> None:
    await desk.bridged()
    desk.leaves(desk.dialer.dials[0].identity)
    lost = await desk.says(SEEN.LOST)
    assert (lost.state, lost.attempts[0].result, lost.bridged_at) == (STATE.RETURNED, RESULT.HUNG_UP, None)
    assert (await desk.says(SEEN.LOST)).version == lost.version
    await desk.idle()
    assert not (await desk.call()).is_over
    again = await desk.request()
    assert again.id != lost.id


async def test_facts_that_are_repeated_or_late_change_nothing(desk: desks.Desk) -> None:
    await desk.consulting(wish=desks.wish(FIRST, SECOND))
    await desk.says(SEEN.DECLINED, 1)
    await desk.rings(2)
    before = await desk.row()
    for seen in SEEN:
        if seen is not SEEN.RETURNED:
            assert await desk.says(seen, 1) == before, seen
    assert await desk.says(SEEN.LEFT, 2) == before, "whoever dials knows why nobody picked up"
    desk.dialer.answer(RESULT.ANSWERED, 200)
    await desk.comes_to(STATE.CONSULTING)
    merged = await desk.says(SEEN.MERGED, 2)
    for seen in (SEEN.HELD, SEEN.PICKED_UP, SEEN.ACCEPTED, SEEN.MERGED, SEEN.DECLINED, SEEN.LEFT, SEEN.RETURNED):
        assert await desk.says(seen, 2) == merged, seen


async def test_a_fact_is_dated_by_its_job_and_never_before_what_was_known(desk: desks.Desk) -> None:
    await desk.consulting()
    early = await desk.says(SEEN.ACCEPTED, at=samples.START.replace(year=2020))
    assert early.accepted_at == samples.START
    desk.clock.advance(10)
    late = await desk.says(SEEN.MERGED, at=samples.START.replace(year=2030))
    assert late.bridged_at == desk.clock.now()


async def test_a_job_that_gives_up_has_the_caller(desk: desks.Desk) -> None:
    await desk.consulting(wish=desks.wish(FIRST, SECOND))
    assert (await desk.says(SEEN.RETURNED)).state is STATE.RETURNED
    await desk.gone(desk.dialer.dials[0].identity)
    await desk.idle()
    assert len(desk.dialer.dials) == 1


async def _requested(desk: desks.Desk) -> None:
    await desk.request(wish=desks.wish(FIRST, SECOND))


async def _ringing(desk: desks.Desk) -> None:
    await _requested(desk)
    await desk.says(SEEN.HELD, 0)
    await desk.rings()


async def _consulting(desk: desks.Desk) -> None:
    await desk.consulting(wish=desks.wish(FIRST, SECOND))


async def _accepted(desk: desks.Desk) -> None:
    await _consulting(desk)
    await desk.says(SEEN.ACCEPTED)


@pytest.mark.parametrize("come_to", [_requested, _ringing, _consulting, _accepted])
async def test_the_caller_hangs_up(desk: desks.Desk, come_to: Any) -> None:
    await come_to(desk)
    await desk.deliver(samples.ENDED, first=4)
    cancelled = await desk.row()
    assert cancelled.state is STATE.CANCELLED, "with the end of the call, and not some time after"
    assert (await desk.told())[-1] == "cancelled"
    for dial in desk.dialer.dials:
        await desk.gone(dial.identity)
    await desk.idle()
    assert len(desk.dialer.dials) == len(cancelled.attempts) <= 1


@pytest.mark.parametrize("come_to", [_requested, _ringing, _consulting, _accepted])
async def test_an_operator_hangs_up(desk: desks.Desk, come_to: Any) -> None:
    await come_to(desk)
    await desk.ledger.request_hangup(desk.call_id)
    await desk.comes_to(STATE.CANCELLED)
    await desk.idle()
    assert {dial.identity for dial in desk.dialer.dials} <= set(desk.dialer.given_up)


@pytest.mark.parametrize("come_to", [_requested, _ringing, _consulting])
async def test_an_operator_calls_it_off(desk: desks.Desk, come_to: Any) -> None:
    await come_to(desk)
    transfer = await desk.row()
    cancelled = await desk.transfers.cancel(desk.call_id, transfer.id, try_next=False)
    assert cancelled.state is STATE.CANCELLED
    await desk.idle()
    assert {dial.identity for dial in desk.dialer.dials} <= set(desk.dialer.given_up)
    assert len(desk.dialer.dials) <= 1
    assert not (await desk.call()).is_over


@pytest.mark.parametrize("come_to", [_ringing, _consulting, _accepted])
async def test_an_operator_wants_the_next_destination(desk: desks.Desk, come_to: Any) -> None:
    await come_to(desk)
    transfer = await desk.row()
    await desk.transfers.cancel(desk.call_id, transfer.id, try_next=True)
    await desk.rings(2)
    await desk.gone(desk.dialer.dials[0].identity)
    now = await desk.row()
    assert [attempt.result for attempt in now.attempts] == [RESULT.CANCELLED, None]


async def test_what_is_told_after_the_end_of_the_call_changes_nothing(desk: desks.Desk) -> None:
    bridged = await desk.bridged()
    over = samples.ENDED.model_copy(update={"reason": endings.Reason.TRANSFERRED, "ended_by": endings.EndedBy.CALLEE})
    await desk.deliver(over, first=4)
    assert await desk.says(SEEN.LOST) == bridged
    assert (await desk.told())[-1] == "bridged"


async def test_a_call_that_says_itself_that_it_was_transferred_was(desk: desks.Desk) -> None:
    await _consulting(desk)
    over = samples.ENDED.model_copy(update={"reason": endings.Reason.TRANSFERRED, "ended_by": endings.EndedBy.CALLEE})
    await desk.deliver(over, first=4)
    bridged = await desk.row()
    assert (bridged.state, bridged.attempts[0].result) == (STATE.BRIDGED, RESULT.ANSWERED)
    await desk.idle()

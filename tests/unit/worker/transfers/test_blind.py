"""A blind transfer as its job sees it: quiet, until somebody has the caller or the agent has them again."""

from __future__ import annotations

import pytest

from callcore import contract, endings, transfers
from tests.unit.worker.transfers import stages

pytestmark = pytest.mark.unit

REFER = transfers.Method.REFER


async def begun(stage: stages.Stage) -> None:
    await stage.is_summoned()
    await stages.until(lambda: contract.Seen.HELD in stage.dispatch.facts)


async def referred(stage: stages.Stage) -> None:
    await begun(stage)
    stage.dispatch.dials(method=REFER)
    await stages.until(lambda: stage.reports.is_left)


async def test_the_caller_is_told_to_the_end_before_anybody_is_asked() -> None:
    async with stages.opened(transfers.Kind.BLIND) as stage:
        stage.talk.saying.clear()
        await stage.is_summoned()
        await stages.until(lambda: len(stage.talk.done) == 2)
        assert not stage.dispatch.facts
        stage.talk.saying.set()
        await stages.until(lambda: stage.dispatch.facts == ["held"])
        assert not stage.livekit.asked  # nobody is muted


async def test_a_caller_whom_the_carrier_takes_was_transferred() -> None:
    async with stages.opened(transfers.Kind.BLIND) as stage:
        await referred(stage)
        stage.ending.decide(endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)
        assert (await stage.ending.wait()).reason is endings.Reason.TRANSFERRED


async def test_a_caller_who_is_taken_before_the_job_hears_of_the_refer_was_transferred_too() -> None:
    async with stages.opened(transfers.Kind.BLIND) as stage:
        await begun(stage)
        progress = stage.dispatch.progress.model_copy(update={"is_attempting": True, "method": REFER})
        stage.dispatch.progress = progress  # of which no word has come yet
        await stage.desk.caller_has_left()
        assert stage.ending.is_bridged_on


async def test_the_caller_hears_music_while_the_carrier_is_asked_and_the_phone_that_is_dialed_instead() -> None:
    async with stages.opened(transfers.Kind.BLIND) as stage:
        await referred(stage)
        await stages.until(lambda: stage.music.is_heard)
        stage.dispatch.dials(2)
        await stages.until(lambda: not stage.music.is_heard)


async def test_a_carrier_that_refuses_leaves_the_caller_with_the_agent() -> None:
    async with stages.opened(transfers.Kind.BLIND) as stage:
        await referred(stage)
        stage.dispatch.moves(state=transfers.State.RETURNED, is_attempting=False)
        await stages.until(lambda: stage.talk.is_back)
        assert not stage.ending.is_bridged_on
        assert not stage.reports.is_left


async def test_a_carrier_that_has_taken_over_is_left_to_dispatch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.jobs.transfers.blind._BYE_S", 0.01)
    async with stages.opened(transfers.Kind.BLIND) as stage:
        await referred(stage)
        stage.dispatch.moves(state=transfers.State.BRIDGED, is_attempting=False)
        await stages.until(lambda: bool(stage.outs))
        assert stage.reports.is_left


async def test_a_destination_that_is_dialed_instead_is_connected_when_it_picks_up() -> None:
    async with stages.opened(transfers.Kind.BLIND) as stage:
        await referred(stage)
        stage.dispatch.dials(2)
        stage.room.rings("tr_1_2")
        await stages.until(lambda: not stage.reports.is_left)
        stage.room.picks_up("tr_1_2")
        await stages.until(lambda: bool(stage.outs))
        assert stage.dispatch.facts == ["held", "picked_up"]
        assert stage.ending.is_bridged_on
        assert stage.reports.is_left
        assert "unsubscribe" not in stage.livekit.asked  # the caller hears the ringing tone


async def test_dispatch_may_know_first_that_somebody_picked_up() -> None:
    async with stages.opened(transfers.Kind.BLIND) as stage:
        await begun(stage)
        stage.dispatch.dials()
        stage.dispatch.moves(state=transfers.State.BRIDGED, is_attempting=False)
        await stages.until(lambda: bool(stage.outs))
        assert stage.ending.is_bridged_on


@pytest.mark.usefixtures("impatient")
async def test_nobody_picks_up_while_dispatch_is_out() -> None:
    async with stages.opened(transfers.Kind.BLIND) as stage:
        await begun(stage)
        stage.dispatch.dials()
        stage.room.rings()
        await stages.settled()
        stage.dispatch.goes_out()
        stage.room.leaves()
        await stages.until(lambda: stage.talk.is_back)
        stage.dispatch.comes_back()
        await stages.until(lambda: stage.dispatch.progress.state is transfers.State.RETURNED)


@pytest.mark.usefixtures("impatient")
async def test_somebody_picks_up_while_dispatch_is_out() -> None:
    async with stages.opened(transfers.Kind.BLIND) as stage:
        await begun(stage)
        stage.dispatch.dials()
        stage.room.rings()
        await stages.settled()
        stage.dispatch.goes_out()
        stage.room.picks_up()
        await stages.until(lambda: stage.ending.is_bridged_on)
        assert not stage.outs
        stage.dispatch.comes_back()
        await stages.until(lambda: bool(stage.outs))


@pytest.mark.usefixtures("impatient")
async def test_a_refer_of_which_nobody_tells_any_more_is_given_up() -> None:
    async with stages.opened(transfers.Kind.BLIND) as stage:
        await referred(stage)
        stage.dispatch.goes_out()
        await stages.until(lambda: stage.talk.is_back)
        assert not stage.ending.is_bridged_on

"""Where transfers begin: by tool or by dispatch, one at a time, and not at all without a word to the model."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc

from callcore import contract, errors, transfers
from tests.unit.worker.transfers import stages
from worker import dispatch_client
from worker.jobs.transfers import blind, desk

pytestmark = pytest.mark.unit

BLIND = stages.OPTION.model_copy(update={"kind": transfers.Kind.BLIND})


async def transferred(stage: stages.Stage, option: contract.TransferOption = stages.OPTION) -> str | None:
    """What the model is told."""
    async with asyncio.timeout(stages.DEADLINE_S):
        answer: str | None = await stage.talk.transferrer.transfer(option, "A caller with a broken heater.")
        return answer


async def test_the_tool_holds_the_caller_before_dispatch_hears_of_it() -> None:
    async with stages.opened() as stage:
        stage.dispatch.refusal = dispatch_client.TransferRefused("transfer_in_progress")
        apart: list[bool] = []
        stage.livekit.before["unmute"] = lambda: apart.append(stage.is_apart)
        assert await transferred(stage) is not None
        (wish,) = stage.dispatch.requests
        assert (wish.destination, wish.summary, wish.is_held) == ("sales", "A caller with a broken heater.", True)
        assert apart == [True]


async def test_a_tool_whose_wish_is_carried_out_has_nothing_to_tell() -> None:
    async with stages.opened() as stage:
        assert await transferred(stage) is None
        stage.dispatch.dials()
        await stages.until(lambda: bool(stage.consultations))
        assert stage.talk.done[0] == "pause"
        assert stage.talk.done[1].startswith("say One moment")


async def test_an_agent_that_has_said_so_itself_is_not_repeated() -> None:
    async with stages.opened() as stage:
        stage.talk.history.add_message(role="user", content="Sales, please.")
        stage.talk.history.add_message(role="assistant", content="I will put you through.")
        assert await transferred(stage) is None
        await stages.until(lambda: stage.music.is_heard)
        assert stage.talk.done == ["pause"]


async def test_what_was_said_before_the_caller_spoke_does_not_count() -> None:
    async with stages.opened() as stage:
        stage.talk.history.add_message(role="assistant", content="How can I help you?")
        stage.talk.history.add_message(role="user", content="Sales, please.")
        assert not desk.has_spoken(stage.talk.history)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "refusal", [dispatch_client.TransferRefused("policy_refused"), errors.DispatchUnavailable()], ids=["refused", "out"]
)
@pytest.mark.parametrize("option", [stages.OPTION, BLIND], ids=["warm", "blind"])
async def test_a_transfer_that_is_not_begun_leaves_the_conversation_as_it_was(
    refusal: errors.TrunklineError, option: contract.TransferOption
) -> None:
    async with stages.opened(option.kind) as stage:
        stage.dispatch.refusal = refusal
        told = await transferred(stage, option)
        assert "not begun" in str(told)
        await stages.until(lambda: stage.is_free)
        assert not stage.talk.done


@pytest.mark.usefixtures("failing_soon")
async def test_a_caller_who_cannot_be_held_is_not_transferred_by_the_tool() -> None:
    async with stages.opened() as stage:
        stage.livekit.failing = {"mute"}
        assert await transferred(stage) is not None
        assert not stage.dispatch.requests
        assert stage.is_free


async def test_without_dispatch_word_which_call_it_is_nobody_is_transferred() -> None:
    async with stages.opened(call_id="") as stage:
        assert await transferred(stage) is not None
        assert not stage.dispatch.requests


@pytest.mark.usefixtures("impatient")
async def test_what_dispatch_began_although_its_answer_was_lost_is_called_off() -> None:
    async with stages.opened() as stage:
        stage.dispatch.refusal = errors.DispatchUnavailable()
        assert await transferred(stage) is not None
        stage.dispatch.refusal = None
        await stages.until(lambda: stage.dispatch.facts == ["returned"])
        first, *_, last = stage.dispatch.requests
        assert (first.request_id, first.is_held) == (last.request_id, True)
        assert not last.is_held  # or it would be begun now


async def test_the_tool_is_told_of_a_transfer_under_way() -> None:
    async with stages.opened() as stage:
        await stage.is_ringing()
        told = await transferred(stage)
        assert "already" in str(told)
        assert not stage.dispatch.requests


async def test_the_same_notice_twice_is_one_transfer() -> None:
    async with stages.opened() as stage:
        assert await stage.is_summoned() == await stage.is_summoned() == "taken"
        await stages.until(lambda: contract.Seen.HELD in stage.dispatch.facts)
        assert await stage.is_summoned() == "taken"
        await stages.until(lambda: stage.music.is_heard)
        assert stage.dispatch.facts == ["held"]


async def test_a_notice_of_a_second_transfer_is_refused() -> None:
    async with stages.opened() as stage:
        await stage.is_ringing()
        with pytest.raises(rtc.RpcError, match="another transfer"):
            await stage.is_summoned("tr_2")


async def test_a_notice_of_another_call_is_refused() -> None:
    async with stages.opened(call_id="call_other") as stage:
        with pytest.raises(rtc.RpcError, match="another call"):
            await stage.is_summoned()


async def test_a_second_transfer_may_follow_one_that_reached_nobody() -> None:
    async with stages.opened() as stage:
        await stage.is_ringing()
        stage.room.leaves()
        stage.dispatch.moves(state=transfers.State.RETURNED, is_attempting=False)
        await stages.until(lambda: stage.talk.is_back)
        stage.dispatch.moves(state=transfers.State.REQUESTED, transfer_id="tr_2")
        await stage.is_summoned("tr_2")
        await stages.until(lambda: stage.dispatch.facts == ["held", "held"])
        assert stage.livekit.muted


async def test_a_transfer_that_is_over_when_its_notice_comes_does_nothing() -> None:
    async with stages.opened() as stage:
        stage.dispatch.moves(state=transfers.State.CANCELLED)
        await stage.is_summoned()
        await stages.settled()
        assert not stage.talk.done
        assert stage.is_free


async def test_a_job_that_has_no_say_any_more_is_told() -> None:
    async with stages.opened() as stage:
        stage.dispatch.refusal = dispatch_client.CallTaken()
        assert await transferred(stage) is not None
        with pytest.raises(dispatch_client.CallTaken):
            await stage.serving


async def test_a_fault_of_ours_gives_the_caller_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(blind.Blind, "_live_through", breaks)
    async with stages.opened(transfers.Kind.BLIND) as stage:
        await stage.is_summoned()
        await stages.until(lambda: stage.talk.is_back)
        await stages.until(lambda: stage.dispatch.facts[-1] == "returned")
        assert not stage.serving.done()

"""A warm transfer as its job sees it: whatever comes first, nobody hears what they must not, and no caller is lost."""

from __future__ import annotations

import asyncio

import pytest

from callcore import contract, endings, errors, transfer_wishes, transfers
from tests.unit.worker.transfers import stages
from worker.jobs.transfers import attempts, patience

pytestmark = pytest.mark.unit

UNAVAILABLE = f"resume I am sorry, {stages.LABEL} cannot take your call right now. How else can I help you?"
CONNECTING = f"say One moment, please. I will connect you with {stages.LABEL}."


async def test_the_caller_is_told_and_hears_music_while_the_phone_rings() -> None:
    async with stages.opened() as stage:
        await stage.is_ringing()
        assert stage.talk.done == ["pause", CONNECTING]
        assert stage.music.is_heard
        assert stage.is_apart


async def test_music_waits_for_the_last_word() -> None:
    async with stages.opened() as stage:
        stage.talk.saying.clear()
        await stage.is_ringing()
        assert not stage.music.is_heard
        stage.talk.saying.set()
        await stages.until(lambda: stage.music.is_heard)


async def test_each_side_may_take_its_own_track_of_ours_only() -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        assert stage.room.permitted == {
            stages.CALLER: [stages.AGENTS_TRACK, stages.MUSIC_TRACK],
            stages.LEG: [stages.CONSULT_TRACK],
        }


async def test_a_destination_that_takes_the_call_is_connected_and_the_job_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempts, "_GRACE_S", 0.01)
    async with stages.opened() as stage:
        await stage.is_consulting()
        assert stage.is_apart
        stage.consultation.says(contract.Seen.ACCEPTED)
        await stages.until(lambda: bool(stage.outs))
        assert stage.dispatch.facts == ["held", "picked_up", "accepted", "merged"]
        assert not stage.livekit.muted | stage.livekit.unheard | stage.livekit.without_data
        assert not stage.music.is_heard
        assert stage.consultation.is_hushed
        assert stage.reports.is_left
        assert stage.ending.is_bridged_on
        assert not any(
            publication.subscribed
            for leg in stage.room.remote_participants.values()
            for publication in leg.track_publications.values()
        )


async def test_an_operator_may_take_the_call_for_the_destination() -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        stage.dispatch.moves(is_accepted=True)
        await stages.until(lambda: contract.Seen.MERGED in stage.dispatch.facts)
        assert contract.Seen.ACCEPTED not in stage.dispatch.facts


async def test_a_destination_gone_in_the_moment_of_the_merge_leaves_the_caller_with_the_agent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempts, "_GRACE_S", stages.DEADLINE_S)
    async with stages.opened() as stage:
        await stage.is_merged()
        await stages.until(lambda: stage.reports.is_left)
        stage.room.leaves()
        await stages.until(lambda: stage.talk.is_back)
        assert stage.dispatch.facts[-2:] == ["merged", "lost"]
        assert stage.talk.done[-1] == UNAVAILABLE
        assert stage.is_free
        assert not stage.reports.is_left
        assert not stage.ending.is_bridged_on
        assert not stage.outs


@pytest.mark.parametrize("seen", [contract.Seen.DECLINED, contract.Seen.UNRESPONSIVE])
async def test_a_destination_that_does_not_take_the_call_is_followed_by_the_agent(seen: contract.Seen) -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        stage.consultation.says(seen)
        await stages.until(lambda: stage.talk.is_back)
        assert stage.dispatch.facts == ["held", "picked_up", seen]
        assert stage.talk.done[-1] == UNAVAILABLE
        assert stage.is_free
        assert stages.LEG not in stage.room.remote_participants
        assert stage.consultation.is_hushed


async def test_a_destination_that_hangs_up_is_followed_by_the_agent() -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        stage.room.leaves()
        await stages.until(lambda: stage.talk.is_back)
        assert stage.dispatch.facts[-1] == "left"
        assert stage.is_free


async def test_the_next_destination_is_asked_while_the_caller_stays_on_hold() -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        stage.dispatch.next_state = transfers.State.HOLDING
        stage.consultation.says(contract.Seen.DECLINED)
        await stages.until(lambda: contract.Seen.DECLINED in stage.dispatch.facts)
        stage.room.leaves()
        stage.dispatch.dials(2)
        stage.room.rings("tr_1_2")
        stage.room.picks_up("tr_1_2")
        await stages.until(lambda: len(stage.consultations) == 2 and stage.consultation.talks.is_set())
        assert stage.livekit.muted == {stages.CALLERS_TRACK}
        assert stage.music.is_heard
        assert len(stage.talk.done) == 2  # nothing more is said


async def test_a_leg_that_is_answered_and_gone_at_once_was_a_hangup() -> None:
    """The job sees nothing of the leg, and hears of it from dispatch."""
    async with stages.opened() as stage:
        await stage.is_summoned()
        await stages.until(lambda: contract.Seen.HELD in stage.dispatch.facts)
        stage.dispatch.dials()
        stage.room.rings()
        await stages.until(lambda: bool(stage.consultations))
        stage.room.leaves()
        stage.dispatch.moves(state=transfers.State.CONSULTING)
        await stages.until(lambda: stage.talk.is_back)
        assert stage.dispatch.facts[-1] == "left"


async def test_a_transfer_that_is_called_off_while_ringing_gives_the_caller_back() -> None:
    async with stages.opened() as stage:
        await stage.is_ringing()
        stage.dispatch.moves(state=transfers.State.CANCELLED, is_attempting=False)
        await stages.until(lambda: stage.talk.is_back)
        assert stage.talk.done[-1] == "resume I am back with you. How can I help you?"
        assert stage.is_free
        assert stage.livekit.removed == [stages.LEG]


async def test_a_call_off_in_the_moment_of_acceptance_wins() -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        stage.dispatch.moves(state=transfers.State.CANCELLED, is_attempting=False)
        stage.consultation.says(contract.Seen.ACCEPTED)
        await stages.until(lambda: stage.talk.is_back)
        assert contract.Seen.MERGED not in stage.dispatch.facts
        assert stage.is_free


async def test_a_call_off_in_the_moment_of_the_merge_parts_them() -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        stage.livekit.before["unmute"] = lambda: stage.dispatch.moves(
            state=transfers.State.CANCELLED, is_attempting=False, is_accepted=False
        )
        stage.consultation.says(contract.Seen.ACCEPTED)
        await stages.until(lambda: stage.talk.is_back)
        assert stage.is_free
        assert stage.livekit.removed == [stages.LEG]
        assert not stage.ending.is_bridged_on


async def test_a_caller_whom_nobody_took_may_leave_a_message() -> None:
    async with stages.opened(fallback=transfer_wishes.Fallback.TAKE_MESSAGE) as stage:
        await stage.is_ringing()
        stage.dispatch.moves(state=transfers.State.FAILED, is_attempting=False)
        await stages.until(lambda: bool(stage.messages))
        assert stage.messages[0].greeting == (
            f"I am sorry, {stages.LABEL} cannot take your call now. Please leave a message after the beep."
        )
        assert stage.is_free
        assert not stage.talk.is_back


async def test_a_caller_whom_nobody_took_may_be_hung_up_on() -> None:
    async with stages.opened(fallback=transfer_wishes.Fallback.HANG_UP) as stage:
        await stage.is_ringing()
        stage.dispatch.moves(state=transfers.State.FAILED, is_attempting=False)
        assert (await stage.ending.wait()).reason is endings.Reason.AGENT_HANGUP
        assert stage.talk.done[-1].startswith("say I am sorry")


async def test_a_track_that_the_caller_publishes_on_hold_is_muted_too() -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        stage.room.publishes(stages.CALLER, "TR_again")
        await stages.until(lambda: stage.is_apart)
        stage.livekit.muted.clear()
        stage.room.emit("track_unmuted", stage.room.caller, stage.room.caller.track_publications["TR_again"])
        await stages.until(lambda: stage.livekit.muted == {"TR_again"})


async def test_a_track_that_the_destination_publishes_is_taken_from_the_caller() -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        stage.room.publishes(stages.LEG, "TR_more")
        await stages.until(lambda: stage.livekit.unheard == {stages.LEGS_TRACK, "TR_more"})
        stage.consultation.says(contract.Seen.ACCEPTED)
        await stages.until(lambda: contract.Seen.MERGED in stage.dispatch.facts)
        assert not stage.livekit.unheard


async def test_without_keys_the_destinations_digits_pass_only_after_the_merge() -> None:
    settings = contract.TransferSettings(keys=False)
    async with stages.opened(agent=stages.AGENT.model_copy(update={"transfers": settings})) as stage:
        await stage.is_consulting()
        await stages.until(lambda: stage.livekit.without_data == {stages.CALLER, stages.LEG})
        stage.consultation.says(contract.Seen.ACCEPTED)
        await stages.until(lambda: contract.Seen.MERGED in stage.dispatch.facts)
        assert not stage.livekit.without_data


@pytest.mark.usefixtures("failing_soon")
@pytest.mark.parametrize("failing", ["mute", "forbid"])
async def test_a_caller_who_cannot_be_put_on_hold_is_not_transferred(failing: str) -> None:
    async with stages.opened() as stage:
        stage.livekit.failing = {failing}
        await stage.is_summoned()
        await stages.until(lambda: stage.dispatch.facts == ["returned"])
        assert not stage.talk.done
        assert stage.is_free


@pytest.mark.usefixtures("failing_soon")
async def test_a_wall_with_a_hole_ends_the_transfer() -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        stage.livekit.failing = {"mute"}
        stage.room.publishes(stages.CALLER, "TR_again")
        await stages.until(lambda: stage.talk.is_back)
        assert stage.livekit.removed == [stages.LEG]
        await stages.until(lambda: stage.dispatch.facts[-1] == "returned")


@pytest.mark.usefixtures("failing_soon")
async def test_a_hold_that_cannot_be_undone_is_undone_later() -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        stage.livekit.failing = {"unmute"}
        stage.consultation.says(contract.Seen.DECLINED)
        await stages.until(lambda: stage.talk.is_back)
        assert not stage.is_free
        stage.livekit.failing = set()
        await stages.until(lambda: stage.is_free)


@pytest.mark.usefixtures("failing_soon")
async def test_a_merge_that_fails_is_as_if_they_had_hung_up() -> None:
    async with stages.opened() as stage:
        await stage.is_consulting()
        stage.livekit.failing = {"subscribe"}
        stage.consultation.says(contract.Seen.ACCEPTED)
        await stages.until(lambda: stage.talk.is_back)
        assert stage.dispatch.facts[-1] == "left"
        assert stages.LEG not in stage.room.remote_participants
        assert stage.is_free


async def test_a_destination_that_cannot_be_asked_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages.Consultation, "failure", errors.ProviderUnavailable())
    async with stages.opened() as stage:
        await stage.is_summoned()
        await stages.until(lambda: contract.Seen.HELD in stage.dispatch.facts)
        stage.dispatch.dials()
        stage.room.rings()
        await stages.until(lambda: stage.talk.is_back)
        assert stage.dispatch.facts[-1] == "unresponsive"


@pytest.mark.usefixtures("impatient")
class TestDispatchOut:
    """While dispatch does not answer, the job goes by what it sees."""

    async def test_while_the_phone_rings_the_ringing_goes_on(self) -> None:
        async with stages.opened() as stage:
            await stage.is_ringing()
            stage.dispatch.goes_out()
            await asyncio.sleep(0.2)
            assert not stage.talk.is_back
            stage.room.picks_up()
            await stages.until(lambda: stage.consultation.talks.is_set())

    async def test_nobody_picks_up(self) -> None:
        async with stages.opened() as stage:
            await stage.is_ringing()
            stage.dispatch.goes_out()
            stage.room.leaves()
            await stages.until(lambda: stage.talk.is_back)
            assert stage.is_free
            stage.dispatch.comes_back()
            await stages.until(lambda: stage.dispatch.facts[-1] == "returned")

    async def test_before_anybody_is_dialed(self) -> None:
        async with stages.opened() as stage:
            await stage.is_summoned()
            await stages.until(lambda: contract.Seen.HELD in stage.dispatch.facts)
            stage.dispatch.goes_out()
            await stages.until(lambda: stage.talk.is_back)
            assert stage.is_free

    async def test_a_dial_that_the_job_never_hears_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(patience, "IDLE_S", stages.DEADLINE_S)
        async with stages.opened() as stage:
            await stage.is_summoned()
            await stages.until(lambda: contract.Seen.HELD in stage.dispatch.facts)
            stage.dispatch.goes_out()
            stage.room.rings()
            stage.room.leaves()
            await stages.until(lambda: stage.talk.is_back)

    async def test_a_restart_before_anybody_is_dialed_is_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(patience, "IDLE_S", stages.DEADLINE_S)
        async with stages.opened() as stage:
            await stage.is_summoned()
            await stages.until(lambda: contract.Seen.HELD in stage.dispatch.facts)
            stage.dispatch.goes_out()
            await asyncio.sleep(0.02)
            stage.dispatch.comes_back()
            stage.dispatch.dials()
            await stages.until(lambda: bool(stage.consultations))
            assert not stage.talk.is_back

    async def test_a_destination_that_takes_the_call_is_connected(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attempts, "_GRACE_S", 0.01)
        async with stages.opened() as stage:
            await stage.is_consulting()
            stage.dispatch.goes_out()
            stage.consultation.says(contract.Seen.ACCEPTED)
            await stages.until(lambda: not stage.livekit.muted)
            await asyncio.sleep(0.1)
            assert not stage.outs  # somebody has to see to the end of the call
            stage.dispatch.comes_back()
            await stages.until(lambda: bool(stage.outs))
            assert stage.dispatch.facts == ["held", "picked_up", "accepted", "merged"]

    async def test_two_who_were_connected_meanwhile_end_the_call_by_hanging_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(attempts, "_GRACE_S", 0.01)
        async with stages.opened() as stage:
            await stage.is_consulting()
            stage.dispatch.goes_out()
            stage.consultation.says(contract.Seen.ACCEPTED)
            await stages.until(lambda: not stage.livekit.muted)
            await stages.until(lambda: not stage.room.caller.track_publications[stages.CALLERS_TRACK].subscribed)
            stage.room.leaves()
            end = await stage.ending.wait()
            assert (end.reason, end.ended_by) == (endings.Reason.TRANSFERRED, endings.EndedBy.CALLEE)

    @pytest.mark.parametrize("seen", [contract.Seen.DECLINED, None])
    async def test_a_destination_that_does_not(self, seen: contract.Seen | None) -> None:
        async with stages.opened() as stage:
            await stage.is_consulting()
            stage.dispatch.goes_out()
            if seen is None:
                stage.room.leaves()
            else:
                stage.consultation.says(seen)
            await stages.until(lambda: stage.talk.is_back)
            assert stage.is_free
            assert stages.LEG not in stage.room.remote_participants
            stage.dispatch.comes_back()
            await stages.until(lambda: stage.dispatch.progress.state is transfers.State.RETURNED)

    async def test_a_destination_gone_in_the_moment_of_the_merge(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attempts, "_GRACE_S", stages.DEADLINE_S)
        async with stages.opened() as stage:
            await stage.is_consulting()
            stage.dispatch.goes_out()
            stage.consultation.says(contract.Seen.ACCEPTED)
            await stages.until(lambda: not stage.livekit.muted)
            stage.room.leaves()
            await stages.until(lambda: stage.talk.is_back)
            stage.dispatch.comes_back()
            await stages.until(lambda: stage.dispatch.facts[-1] == "returned")
            assert stage.dispatch.facts[-3:] == ["merged", "lost", "returned"]
            assert not stage.reports.is_left

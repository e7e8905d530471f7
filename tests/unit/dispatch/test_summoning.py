"""A job is told of a transfer, as long as that may take."""

from __future__ import annotations

import asyncio

import pytest

from callcore import contract, transfers
from dispatch.livekit import rooms
from dispatch.transfers import summoning
from tests.unit.dispatch import doubles, samples

pytestmark = pytest.mark.unit

NOTICE = contract.TransferNotice(call_id="call_1", transfer_id="tr_1")
ASKED = (transfers.RPC_METHOD, NOTICE.model_dump_json())
OTHER = rooms.Participant(identity="agent-AJ_2", kind=rooms.Kind.AGENT, attributes={})
LISTENER = rooms.Participant(identity="agent-AJ_1", kind=rooms.Kind.OTHER, attributes={})


@pytest.fixture
def livekit(monkeypatch: pytest.MonkeyPatch) -> doubles.FakeRooms:
    monkeypatch.setattr(summoning, "_AGAIN_S", 0.0)
    return doubles.FakeRooms(present={samples.ROOM: [doubles.CALLER, doubles.AGENT]})


async def summon(livekit: doubles.FakeRooms) -> None:
    await summoning.Summoner(livekit).summon(samples.ROOM, "AJ_1", NOTICE)


async def test_the_job_of_the_call_is_told(livekit: doubles.FakeRooms) -> None:
    livekit.present[samples.ROOM].append(OTHER)
    await summon(livekit)
    assert livekit.asked == [(samples.ROOM, "agent-AJ_1", *ASKED)]


async def test_the_only_agent_is_told_where_the_job_is_another_one_by_now(livekit: doubles.FakeRooms) -> None:
    livekit.present[samples.ROOM] = [doubles.CALLER, OTHER]
    await summon(livekit)
    assert livekit.asked == [(samples.ROOM, OTHER.identity, *ASKED)]


@pytest.mark.parametrize("failure", ["is_out", "refuses_rpc"])
async def test_a_job_that_does_not_answer_at_first_is_asked_again(livekit: doubles.FakeRooms, failure: str) -> None:
    setattr(livekit, failure, True)
    summoned = asyncio.create_task(summon(livekit))
    await asyncio.sleep(0)
    setattr(livekit, failure, False)
    await summoned
    assert len(livekit.asked) == 1


async def test_a_job_that_comes_late_is_told(livekit: doubles.FakeRooms) -> None:
    livekit.present[samples.ROOM].remove(doubles.AGENT)
    summoned = asyncio.create_task(summon(livekit))
    await asyncio.sleep(0)
    assert livekit.asked == []
    livekit.present[samples.ROOM].append(doubles.AGENT)
    await summoned
    assert len(livekit.asked) == 1


@pytest.mark.parametrize("present", [[], [doubles.CALLER, LISTENER], [OTHER, doubles.STRANGER, OTHER]])
async def test_where_nobody_can_be_told_that_is_said(
    livekit: doubles.FakeRooms, present: list[rooms.Participant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summoning, "_WITHIN_S", 0.02)
    livekit.present[samples.ROOM] = present
    with pytest.raises(summoning.NoAgentAnswers):
        await summon(livekit)
    assert livekit.asked == []


async def test_a_job_that_hangs_is_not_waited_for_for_ever(
    livekit: doubles.FakeRooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(summoning, "_WITHIN_S", 0.02)
    monkeypatch.setattr(livekit, "ask", hang)
    with pytest.raises(summoning.NoAgentAnswers):
        await summon(livekit)

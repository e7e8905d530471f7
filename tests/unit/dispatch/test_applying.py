"""Trunks and rules are applied at the start, and again when they are gone."""

from __future__ import annotations

import asyncio

import pytest

from callcore import clock, contract, errors
from dispatch import background, metrics, switchboard
from dispatch.livekit import applying
from sip_config import agent_plans, configurations, live
from tests.unit.dispatch import doubles, samples

pytestmark = pytest.mark.unit


@pytest.fixture
def board(configuration: configurations.Configuration, manual_clock: clock.ManualClock) -> switchboard.Switchboard:
    return switchboard.Switchboard(configuration, manual_clock)


def keeper(objects: doubles.FakeObjects, board: switchboard.Switchboard, *, may_change: bool = True) -> applying.Keeper:
    return applying.Keeper(objects, board, metrics.Metrics(), may_change=may_change)


async def test_what_is_missing_is_applied_and_calls_can_be_decided(board: switchboard.Switchboard) -> None:
    objects = doubles.FakeObjects()
    assert board.decide(samples.intake()) is None
    await keeper(objects, board).ensure()
    plan = board.decide(samples.intake())
    assert plan is not None
    assert plan.action == "converse"


async def test_what_is_there_is_only_looked_at(board: switchboard.Switchboard) -> None:
    objects = doubles.FakeObjects()
    kept = keeper(objects, board)
    for _ in range(3):
        await kept.ensure()
    assert objects.applied == 1


async def test_objects_that_redis_lost_are_applied_again(board: switchboard.Switchboard) -> None:
    objects = doubles.FakeObjects()
    kept = keeper(objects, board)
    await kept.ensure()
    objects.are_missing = True
    await kept.ensure()
    assert objects.applied == 2


async def test_a_dispatch_that_may_not_change_livekit_does_not(board: switchboard.Switchboard) -> None:
    objects = doubles.FakeObjects()
    kept = keeper(objects, board, may_change=False)
    with pytest.raises(applying.ObjectsMissing):
        await kept.ensure()
    assert (objects.applied, board.is_ready) == (0, False)
    objects.are_missing = False
    await kept.ensure()
    assert (objects.applied, board.is_ready) == (0, True)


async def test_objects_that_somebody_else_made_again_are_known_by_their_new_ids(
    board: switchboard.Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = doubles.FakeObjects(are_missing=False)
    kept = keeper(objects, board, may_change=False)
    await kept.ensure()
    number = live.LiveNumber(trunk_id="ST_new", rule_id="SDR_new")

    async def found() -> live.LiveObjects:
        return live.LiveObjects(numbers={doubles.DIALED: number})

    monkeypatch.setattr(objects, "found", found)
    await kept.ensure()
    plan = board.decide(samples.intake(trunk_id="ST_new", rule_id="SDR_new"))
    assert plan is not None
    assert plan.action == "converse"


async def test_an_agent_whose_prompt_cannot_be_rendered_is_named_in_the_log(
    board: switchboard.Switchboard, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> contract.AgentPlan:
        raise errors.ConfigurationInvalid(["front-desk.md: no such variable"])

    monkeypatch.setattr(agent_plans, "make", fail)
    board.connect(doubles.LIVE)
    plan = board.decide(samples.intake())
    assert plan is not None
    assert plan.action == "refuse"
    said = capsys.readouterr().out
    assert "agent_id=front-desk" in said
    assert "2015550123" not in said


async def test_the_loop_goes_on_until_livekit_answers(
    board: switchboard.Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "_FIRST_RETRY_S", 0.01)
    objects = doubles.FakeObjects(is_out=True)
    kept, stop = keeper(objects, board), background.Stop()
    running = asyncio.create_task(kept.run(stop))
    async with asyncio.timeout(5.0):
        while kept.failure is None:
            await asyncio.sleep(0.005)
        assert kept.failure.public_code == "livekit_unavailable"
        objects.is_out = False
        while not board.is_ready:
            await asyncio.sleep(0.005)
        stop.set()
        await running
    assert kept.is_applied


async def test_an_object_of_somebody_else_in_the_way_is_told(
    board: switchboard.Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "_FIRST_RETRY_S", 0.01)

    class InTheWay(doubles.FakeObjects):
        async def missing(self) -> tuple[str, ...]:
            raise errors.Conflict("the trunk ST_1, which is not ours, has a number of ours")

    kept, stop = keeper(InTheWay(), board), background.Stop()
    running = asyncio.create_task(kept.run(stop))
    async with asyncio.timeout(5.0):
        while kept.failure is None:
            await asyncio.sleep(0.005)
        stop.set()
        await running
    assert isinstance(kept.failure, errors.Conflict)

"""Trunks and rules are applied at the start, and made again when they are gone."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable

import pytest

from callcore import clock, contract, errors
from dispatch import background, leases, metrics, switchboard
from dispatch.livekit import applying
from dispatch.store import leases as lease_rows
from sip_config import apply, configurations, live
from sip_config.plans import agent_plans
from tests.unit.dispatch import doubles, samples

pytestmark = pytest.mark.unit

NEW_WAY = live.LiveNumber(trunk_id="ST_new", rule_id="SDR_new")


@pytest.fixture
def board(configuration: configurations.Configuration, manual_clock: clock.ManualClock) -> switchboard.Switchboard:
    return switchboard.Switchboard(configuration, manual_clock)


@pytest.fixture
def counters() -> metrics.Metrics:
    return metrics.Metrics()


@contextlib.asynccontextmanager
async def alone() -> AsyncIterator[None]:
    yield


def never_alone() -> contextlib.AbstractAsyncContextManager[None]:
    raise leases.LeaseHeld(lease_rows.Lease(name="apply", holder="trunkline apply", until=samples.START))


Make = Callable[..., applying.Keeper]


@pytest.fixture
def keeper(board: switchboard.Switchboard, counters: metrics.Metrics) -> Make:
    def make(objects: doubles.FakeObjects, lease: applying.Alone = alone, *, may: bool = True) -> applying.Keeper:
        return applying.Keeper(objects, board, counters, lease, may_change=may)

    return make


def drift(counters: metrics.Metrics) -> float | None:
    return counters.registry.get_sample_value("trunkline_configuration_drift")


def action(board: switchboard.Switchboard, way: live.LiveNumber | None = None) -> str | None:
    """What is decided for a call, by another way than the usual one if given."""
    intake = samples.intake(trunk_id=way.trunk_id, rule_id=way.rule_id) if way else samples.intake()
    decision = board.decide(intake)
    return decision.plan.action if decision is not None else None


async def test_what_is_missing_is_applied_and_calls_can_be_decided(
    board: switchboard.Switchboard, keeper: Make
) -> None:
    assert action(board) is None
    await keeper(doubles.FakeObjects()).ensure()
    assert action(board) == "converse"


async def test_the_first_look_applies_whatever_there_is_and_later_ones_only_look(keeper: Make) -> None:
    objects = doubles.FakeObjects(are_missing=False)
    kept = keeper(objects)
    for _ in range(3):
        await kept.ensure()
    assert objects.done == ["apply"]


async def test_objects_that_redis_lost_are_made_again(keeper: Make) -> None:
    objects = doubles.FakeObjects()
    kept = keeper(objects)
    await kept.ensure()
    objects.are_missing = True
    await kept.ensure()
    assert objects.done == ["apply", "restore"]


async def test_what_was_changed_by_hand_is_shown_and_left(
    keeper: Make, counters: metrics.Metrics, capsys: pytest.CaptureFixture[str]
) -> None:
    objects = doubles.FakeObjects()
    kept = keeper(objects)
    await kept.ensure()
    assert drift(counters) == 0
    objects.drifted = ("trunk/lab", "rule/lab")
    capsys.readouterr()
    for _ in range(3):
        await kept.ensure()
    assert (drift(counters), kept.is_applied) == (2, True)
    assert capsys.readouterr().out.count("LiveKit is not as configured") == 1
    assert objects.done == ["apply"]
    objects.drifted = ()
    await kept.ensure()
    assert drift(counters) == 0
    assert "as configured again" in capsys.readouterr().out


async def test_another_configuration_that_somebody_applied_is_not_undone(
    board: switchboard.Switchboard, keeper: Make
) -> None:
    objects = doubles.FakeObjects()
    kept = keeper(objects)
    await kept.ensure()
    objects.are_missing = objects.of_another = True
    objects.found = live.LiveObjects(numbers={doubles.DIALED: NEW_WAY})
    with pytest.raises(applying.Superseded):
        await kept.ensure()
    assert objects.done == ["apply"]
    assert action(board, NEW_WAY) == "converse"


async def test_a_dispatch_that_may_not_change_livekit_does_not(
    board: switchboard.Switchboard, keeper: Make, counters: metrics.Metrics
) -> None:
    objects = doubles.FakeObjects()
    kept = keeper(objects, may=False)
    with pytest.raises(applying.ObjectsMissing):
        await kept.ensure()
    assert (objects.done, drift(counters)) == ([], 1)
    assert action(board) == "converse"  # by what is there
    objects.of_another = True
    with pytest.raises(applying.Superseded):
        await kept.ensure()
    objects.are_missing = False
    await kept.ensure()
    assert objects.done == []


async def test_objects_that_somebody_else_made_again_are_known_by_their_new_ids(
    board: switchboard.Switchboard, keeper: Make
) -> None:
    objects = doubles.FakeObjects(are_missing=False)
    kept = keeper(objects, may=False)
    await kept.ensure()
    objects.found = live.LiveObjects(numbers={doubles.DIALED: NEW_WAY})
    await kept.ensure()
    assert action(board, NEW_WAY) == "converse"


async def test_while_somebody_else_applies_nothing_is_changed(keeper: Make) -> None:
    objects = doubles.FakeObjects()
    with pytest.raises(leases.LeaseHeld, match="trunkline apply"):
        await keeper(objects, never_alone).ensure()
    assert objects.done == []


async def test_a_dispatch_that_starts_while_somebody_else_applies_takes_calls(
    board: switchboard.Switchboard, keeper: Make
) -> None:
    kept = keeper(doubles.FakeObjects(are_missing=False), never_alone)
    await kept.ensure()
    assert (action(board), kept.is_applied) == ("converse", True)


async def test_what_is_there_takes_calls_though_something_is_in_the_way(
    board: switchboard.Switchboard, keeper: Make
) -> None:
    class Refused(doubles.FakeObjects):
        async def apply(self, configuration: configurations.Configuration) -> None:
            raise errors.Conflict("the rule SDR_1, which is not ours, takes every call")

    with pytest.raises(errors.Conflict):
        await keeper(Refused()).ensure()
    assert action(board) == "converse"


async def test_a_call_by_an_unknown_way_is_looked_up_at_once(board: switchboard.Switchboard, keeper: Make) -> None:
    objects = doubles.FakeObjects()
    kept = keeper(objects)
    await kept.ensure()
    looks = objects.looks
    await kept.recognize(samples.intake())
    assert objects.looks == looks
    objects.found = dataclasses.replace(doubles.LIVE, detours={doubles.DIALED: frozenset({NEW_WAY})})
    assert action(board, NEW_WAY) == "refuse"
    unknown = samples.intake(trunk_id="ST_new", rule_id="SDR_new")
    await asyncio.gather(*(kept.recognize(unknown) for _ in range(5)))
    assert (action(board, NEW_WAY), action(board)) == ("converse", "converse")
    assert objects.looks == looks + 1
    objects.is_out = True
    await kept.recognize(samples.intake(trunk_id="ST_other", rule_id="SDR_other"))


async def test_a_call_by_a_trunk_that_is_made_during_a_look_is_looked_up_again(
    board: switchboard.Switchboard, keeper: Make
) -> None:
    class Slow(doubles.FakeObjects):
        seen = asyncio.Event()
        may_answer = asyncio.Event()

        async def look(self, configuration: configurations.Configuration) -> apply.Sight:
            sight = await super().look(configuration)
            self.seen.set()
            await self.may_answer.wait()
            return sight

    objects = Slow(are_missing=False)
    kept = keeper(objects)
    board.connect(doubles.LIVE)
    intake = samples.intake(trunk_id=NEW_WAY.trunk_id, rule_id=NEW_WAY.rule_id)
    async with asyncio.timeout(30):
        first = asyncio.create_task(kept.recognize(intake))
        await objects.seen.wait()
        objects.found = live.LiveObjects(numbers={doubles.DIALED: NEW_WAY})
        second = asyncio.create_task(kept.recognize(intake))
        await asyncio.sleep(0)  # into its wait for the first look
        objects.may_answer.set()
        await asyncio.gather(first, second)
    assert (action(board, NEW_WAY), objects.looks) == ("converse", 2)


async def test_a_reload_that_livekit_refuses_half_way_is_undone(
    board: switchboard.Switchboard, keeper: Make, configuration: configurations.Configuration
) -> None:
    class Refusing(doubles.FakeObjects):
        async def apply(self, wanted: configurations.Configuration) -> None:
            await super().apply(wanted)
            if wanted is not configuration:
                raise errors.Conflict("LiveKit, changing `acme lab`: invalid_argument")

    objects = Refusing()
    kept = keeper(objects)
    await kept.ensure()
    with pytest.raises(errors.Conflict):
        await kept.adopt(dataclasses.replace(configuration, version="other"))
    await kept.ensure()
    assert objects.done == ["apply"] * 3
    assert (board.configuration, kept.is_applied) == (configuration, True)


async def test_a_reload_applies_and_then_decides_by_the_new_configuration(
    board: switchboard.Switchboard, keeper: Make, configuration: configurations.Configuration
) -> None:
    objects = doubles.FakeObjects()
    kept = keeper(objects)
    await kept.ensure()
    other = dataclasses.replace(configuration, version="other")
    assert await kept.adopt(other) is True
    await kept.ensure()
    assert objects.done == ["apply", "apply"]
    assert board.configuration is other


async def test_a_reload_of_the_same_files_applies_once(
    keeper: Make, configuration: configurations.Configuration
) -> None:
    objects = doubles.FakeObjects()
    kept = keeper(objects)
    await kept.ensure()
    await kept.adopt(dataclasses.replace(configuration))
    await kept.ensure()
    assert objects.done == ["apply"] * 2


async def test_a_reload_while_livekit_is_out_takes_effect_and_livekit_follows(
    board: switchboard.Switchboard, keeper: Make, configuration: configurations.Configuration
) -> None:
    objects = doubles.FakeObjects()
    kept = keeper(objects)
    await kept.ensure()
    objects.is_out = True
    other = dataclasses.replace(configuration, version="other")
    assert await kept.adopt(other) is False
    assert (board.configuration, kept.is_applied, action(board)) == (other, False, "converse")
    objects.is_out = False
    await kept.ensure()
    assert (objects.done, kept.is_applied) == (["apply", "apply"], True)


async def test_a_reload_that_meets_somebody_elses_objects_changes_nothing(
    board: switchboard.Switchboard, keeper: Make, configuration: configurations.Configuration
) -> None:
    kept = keeper(doubles.FakeObjects(), never_alone)
    with pytest.raises(errors.Conflict):
        await kept.adopt(dataclasses.replace(configuration, version="other"))
    assert board.configuration is configuration


async def test_a_reload_that_may_not_change_livekit_says_what_is_missing(
    board: switchboard.Switchboard, keeper: Make, configuration: configurations.Configuration
) -> None:
    kept = keeper(doubles.FakeObjects(), may=False)
    assert await kept.adopt(dataclasses.replace(configuration, version="other")) is False
    assert (board.configuration.version, kept.is_applied) == ("other", False)


async def test_an_agent_whose_prompt_cannot_be_rendered_is_told_in_the_log(
    board: switchboard.Switchboard, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> contract.AgentPlan:
        raise errors.ConfigurationInvalid(["front-desk.md: no such variable"])

    monkeypatch.setattr(agent_plans, "make", fail)
    board.connect(doubles.LIVE)
    assert action(board) == "refuse"
    said = capsys.readouterr().out
    assert "a call is refused for its configuration" in said
    assert "2015550123" not in said


async def test_the_loop_goes_on_until_livekit_answers(
    board: switchboard.Switchboard, keeper: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "_FIRST_RETRY_S", 0.01)
    objects = doubles.FakeObjects(is_out=True)
    kept, stop = keeper(objects), background.Stop()
    running = asyncio.create_task(kept.run(stop))
    async with asyncio.timeout(30):
        while kept.failure is None:
            await asyncio.sleep(0.005)
        assert kept.failure.public_code == "livekit_unavailable"
        objects.is_out = False
        while not kept.is_applied:
            await asyncio.sleep(0.005)
        stop.set()
        await running
    assert board.is_ready


async def test_an_object_of_somebody_else_in_the_way_is_told(keeper: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "_FIRST_RETRY_S", 0.01)

    class InTheWay(doubles.FakeObjects):
        async def look(self, configuration: configurations.Configuration) -> apply.Sight:
            raise errors.Conflict("the trunk ST_1, which is not ours, has a number of ours")

    kept, stop = keeper(InTheWay()), background.Stop()
    running = asyncio.create_task(kept.run(stop))
    async with asyncio.timeout(30):
        while kept.failure is None:
            await asyncio.sleep(0.005)
        stop.set()
        await running
    assert isinstance(kept.failure, errors.Conflict)

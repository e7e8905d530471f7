"""What is in force changes as a whole, and a snapshot is the same until it does."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from callcore import clock, contract
from dispatch import switchboard
from sip_config import configurations, live, routing
from tests.unit.dispatch import doubles, samples

pytestmark = pytest.mark.unit


@pytest.fixture
def board(configuration: configurations.Configuration, manual_clock: clock.ManualClock) -> switchboard.Switchboard:
    return switchboard.Switchboard(configuration, manual_clock)


def test_without_live_objects_nothing_is_decided(board: switchboard.Switchboard) -> None:
    assert (board.decide(samples.intake()), board.snapshot(), board.live, board.is_ready) == (None, None, None, False)
    board.reconfigure(board.configuration, None)
    assert not board.is_ready
    board.connect(doubles.LIVE)
    assert isinstance(board.decide(samples.intake()), contract.Converse)
    assert board.live == doubles.LIVE


def test_a_new_configuration_takes_the_place_of_the_old_one(board: switchboard.Switchboard) -> None:
    board.connect(doubles.LIVE)
    kept = board.decide(samples.intake())
    board.reconfigure(dataclasses.replace(board.configuration, version="2", numbers={}), None)
    assert isinstance(board.decide(samples.intake()), contract.Refuse)
    assert isinstance(kept, contract.Converse)
    assert board.live == doubles.LIVE


def test_a_call_that_comes_back_is_said_so(board: switchboard.Switchboard) -> None:
    board.connect(doubles.LIVE)
    (agent_id,) = board.configuration.agents
    plan = board.decide(samples.intake(), routing.RingBack(agent_id=agent_id))
    assert isinstance(plan, contract.Converse)
    assert plan.ring_back


def test_snapshot_changes_with_configuration_and_objects_and_not_with_the_minute(
    board: switchboard.Switchboard, manual_clock: clock.ManualClock
) -> None:
    board.connect(doubles.LIVE)
    seen = [board.snapshot()]
    manual_clock.advance(dt.timedelta(hours=5).total_seconds())
    board.connect(live.LiveObjects(numbers=dict(doubles.LIVE.numbers), catch_all_rule_id=doubles.CATCH_ALL_RULE))
    assert board.snapshot() == seen[0]
    board.connect(live.LiveObjects(numbers=doubles.LIVE.numbers))
    seen.append(board.snapshot())
    board.reconfigure(dataclasses.replace(board.configuration, version="2"), None)
    seen.append(board.snapshot())
    assert len({etag for taken in seen if taken for etag in [taken[1]]}) == 3

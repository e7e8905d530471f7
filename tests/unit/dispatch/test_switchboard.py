"""What is in force changes as a whole, and a snapshot is the same until it does."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from structlog import testing

from callcore import clock, contract
from dispatch import switchboard
from sip_config import configurations, live, routing, schema
from tests.unit.dispatch import doubles, samples

pytestmark = pytest.mark.unit


@pytest.fixture
def board(configuration: configurations.Configuration, manual_clock: clock.ManualClock) -> switchboard.Switchboard:
    return switchboard.Switchboard(configuration, manual_clock)


def plan_of(board: switchboard.Switchboard, ring_back: routing.RingBack | None = None) -> contract.Plan | None:
    decision = board.decide(samples.intake(), ring_back)
    return decision.plan if decision is not None else None


def test_without_live_objects_nothing_is_decided(board: switchboard.Switchboard) -> None:
    assert (board.decide(samples.intake()), board.snapshot(), board.live, board.is_ready) == (None, None, None, False)
    board.reconfigure(board.configuration, None)
    assert not board.is_ready
    board.connect(doubles.LIVE)
    assert isinstance(plan_of(board), contract.Converse)
    assert board.live == doubles.LIVE


def test_a_new_configuration_takes_the_place_of_the_old_one(board: switchboard.Switchboard) -> None:
    board.connect(doubles.LIVE)
    kept = plan_of(board)
    board.reconfigure(dataclasses.replace(board.configuration, version="2", numbers={}), None)
    assert isinstance(plan_of(board), contract.Refuse)
    assert isinstance(kept, contract.Converse)
    assert board.live == doubles.LIVE


def test_a_call_that_comes_back_is_said_so(board: switchboard.Switchboard) -> None:
    board.connect(doubles.LIVE)
    (agent_id,) = board.configuration.agents
    plan = plan_of(board, routing.RingBack(agent_id=agent_id))
    assert isinstance(plan, contract.Converse)
    assert plan.ring_back


def with_greeting(board: switchboard.Switchboard, text: str, when: str) -> configurations.Configuration:
    """The configuration with another greeting, and a route whose condition is to be asked first."""
    agents = {
        agent_id: dataclasses.replace(agent, greeting=dataclasses.replace(agent.greeting, text=text))
        for agent_id, agent in board.configuration.agents.items()
    }
    route = schema.Route(when=when, agent=next(iter(agents)))
    numbers = {
        e164: number.model_copy(update={"routes": (route,)}) for e164, number in board.configuration.numbers.items()
    }
    return dataclasses.replace(board.configuration, agents=agents, numbers=numbers)


def test_what_cannot_be_followed_is_logged_with_its_place_and_without_numbers(board: switchboard.Switchboard) -> None:
    board.connect(doubles.LIVE)
    board.reconfigure(with_greeting(board, "Hello.", "1 / size(caller) > 0"), None)
    with testing.capture_logs() as logged:
        board.decide(samples.intake())
        assert logged == []
        board.decide(samples.intake(caller="anonymous"))
    (line,) = logged
    assert (line["log_level"], line["step"]) == ("warning", "route")
    assert line["place"].startswith("numbers.yaml:")
    assert "divide by zero" in line["text"]
    assert "+1201" not in str(line)


def test_a_greeting_that_cannot_be_made_is_logged_with_its_agent(board: switchboard.Switchboard) -> None:
    board.connect(doubles.LIVE)
    (agent_id,) = board.configuration.agents
    board.reconfigure(with_greeting(board, "{{ nobody }}", "true"), None)
    with testing.capture_logs() as logged:
        assert isinstance(plan_of(board), contract.Refuse)
    (line,) = logged
    assert (line["log_level"], line["step"], line["agent_id"]) == ("error", "plan", agent_id)
    assert line["place"].startswith(f"agents/{agent_id}.yaml")


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

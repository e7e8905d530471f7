"""Which agent takes a call: routes, A/B tests; and the metadata that goes with it."""

from __future__ import annotations

import collections
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore import contract
from sip_config import conditions, configurations, routing
from sip_config.routing import splits
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

A, B = "front-desk", "night-desk"


def load(folder: Path, number: str, agent: str = "") -> configurations.Configuration:
    return samples.load(
        folder,
        {
            "organization.yaml": samples.FILES["organization.yaml"] + 'hours: {mon-fri: ["09:00-17:00"]}\n',
            "numbers.yaml": f'numbers: [{{e164: "{samples.MAIN}", trunk: carrier, {number}}}]',
            f"agents/{A}.yaml": samples.FILES["agents/front-desk.yaml"] + agent,
            f"agents/{B}.yaml": samples.FILES["agents/front-desk.yaml"],
        },
    )


def converse(configuration: configurations.Configuration, intake: contract.CallIntake) -> contract.Converse:
    plan = decide(configuration, intake).plan
    assert isinstance(plan, contract.Converse)
    return plan


@pytest.mark.parametrize(
    ("when", "agent"),
    [
        ("is_business_hours", B),
        ("!is_business_hours", A),
        ("caller == '+12015550199'", B),
        ("caller.startsWith('+44')", A),
        ("dialed == '+12015550100' && now.getHours('America/New_York') == 9", B),
        ("1 / size('') == 1", A),  # a condition that fails does not hold
    ],
)
def test_routes_are_tried_in_order(when: str, agent: str, tmp_path: Path) -> None:
    configuration = load(tmp_path, f'agent: {A}, routes: [{{when: "{when}", agent: {B}}}]')
    assert converse(configuration, samples.intake()).agent.agent_id == agent


def decide(configuration: configurations.Configuration, intake: contract.CallIntake) -> routing.Decision:
    return routing.decide(configuration, samples.applied(configuration), intake, samples.NOW)


def test_a_condition_that_fails_is_told_and_the_call_goes_on(tmp_path: Path) -> None:
    number = f"agent: {A}, routes: [{{when: 'int(caller) > 5', agent: {B}}}]"
    configuration = load(tmp_path, number, "tools: [end_call: {when: 'int(caller) > 5'}]\n")
    assert decide(configuration, samples.intake()).faults == []
    decision = decide(configuration, samples.intake(caller="anonymous"))
    assert isinstance(decision.plan, contract.Converse)
    assert decision.plan.agent.tools == ()
    route, tool = decision.faults
    assert (route.name, route.setting) == ("route", ("numbers", samples.MAIN, "routes", 0, "when"))
    assert (tool.name, tool.setting) == ("tool", ("agents", A, "tools"))
    assert "cannot convert string to int" in route.text


def test_what_the_engine_says_names_no_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = conditions.Answer(holds=False, failed="no such thing: '+12015550199'")
    monkeypatch.setattr(conditions.Condition, "ask", lambda *_: said)
    (fault,) = decide(load(tmp_path, f"agent: {A}, routes: [{{when: 'true', agent: {B}}}]"), samples.intake()).faults
    assert "555" not in fault.text


@pytest.mark.parametrize(
    ("caller", "forwarded_from", "told"),
    [
        ("2015550199", None, "the caller's number is known"),
        ("Restricted", "2015550111", "the caller's number is withheld; the call was sent on by another number"),
        ("101", "sip:101@h", "no number that could be called"),
        (None, "sip:101@h", "no other phone number, which counts as nothing"),
    ],
)
def test_who_calls_is_told_without_a_number(
    caller: str | None, forwarded_from: str | None, told: str, tmp_path: Path
) -> None:
    intake = samples.intake(caller=caller).model_copy(update={"forwarded_from": forwarded_from})
    (step,) = (step for step in decide(load(tmp_path, f"agent: {A}"), intake).steps if step.name == "caller")
    assert told in step.text
    assert "55501" not in step.text


@pytest.mark.parametrize("callers", ["one block", "every tenth", "at random"])
@pytest.mark.parametrize("percent", [80, 50, 10])
def test_a_thousand_callers_are_within_three_points_of_the_split(callers: str, percent: int) -> None:
    numbers = {
        "one block": [f"+1201555{index:04}" for index in range(1000)],
        "every tenth": [f"+120155{index * 10:05}" for index in range(1000)],
        "at random": [f"+1201{random.Random(7).randrange(10**7) + index * 7919:07}" for index in range(1000)],
    }[callers]
    split = {A: percent, B: 100 - percent}
    got = collections.Counter(splits.choose(split, dialed=samples.MAIN, caller=number, call="x") for number in numbers)
    assert got[A] == pytest.approx(percent * 10, abs=30)


def test_calls_of_unknown_callers_are_spread_too() -> None:
    got = collections.Counter(
        splits.choose({A: 70, B: 30}, dialed=samples.MAIN, caller=None, call=f"{index}@carrier")
        for index in range(1000)
    )
    assert got[A] == pytest.approx(700, abs=45)  # three deviations: these are spread by chance


@given(st.integers(10**6, 10**14), st.text(max_size=5), st.text(max_size=5))
def test_a_caller_always_gets_the_same_agent(caller: int, call: str, other_call: str) -> None:
    split = {A: 50, B: 50}
    chosen = splits.choose(split, dialed=samples.MAIN, caller=f"+{caller}", call=call)
    assert chosen == splits.choose(dict(split), dialed=samples.MAIN, caller=f"+{caller}", call=other_call)


def test_shares_of_nothing_and_everything() -> None:
    for index in range(200):
        caller = f"+1201555{index:04}"
        assert splits.choose({A: 0, B: 100}, dialed=samples.MAIN, caller=caller, call="") == B
        assert splits.choose({A: 100, B: 0}, dialed=samples.MAIN, caller=caller, call="") == A


def test_split_of_a_number_and_of_a_route(tmp_path: Path) -> None:
    configuration = load(tmp_path, f"split: {{{A}: 0, {B}: 100}}")
    assert converse(configuration, samples.intake()).agent.agent_id == B
    assert converse(configuration, samples.intake(caller="anonymous")).agent.agent_id == B
    configuration = load(tmp_path, f"routes: [{{split: {{{A}: 0, {B}: 100}}}}]")
    assert converse(configuration, samples.intake()).agent.agent_id == B


def test_metadata_may_name_the_agent_where_nothing_else_does(tmp_path: Path) -> None:
    plan = converse(load(tmp_path, f"metadata: {{agent: {B}}}"), samples.intake())
    assert (plan.agent.agent_id, plan.metadata) == (B, {"agent": B})
    plan = converse(load(tmp_path, f"agent: {A}, metadata: {{agent: {B}}}"), samples.intake())
    assert plan.agent.agent_id == A


METADATA = 'metadata: {line: main, caller: "{{callerNumber}}", to: "{{dialedNumber}}", via: "{{forwardedFromNumber}}"}'


@pytest.mark.parametrize(
    ("caller", "forwarded_from", "expected"),
    [
        ("2015550199", "sip:+12015550111@h", ("+12015550199", "+12015550111")),
        ("anonymous", None, ("", "")),
        ("{{dialedNumber}}", "{{callerNumber}}", ("", "")),
        ("+12015550199", samples.MAIN, ("+12015550199", "")),
    ],
)
def test_metadata_is_filled_in(
    caller: str, forwarded_from: str | None, expected: tuple[str, str], tmp_path: Path
) -> None:
    intake = samples.intake(caller=caller).model_copy(update={"forwarded_from": forwarded_from})
    metadata = converse(load(tmp_path, f"agent: {A}, {METADATA}"), intake).metadata
    assert metadata == {"line": "main", "caller": expected[0], "to": samples.MAIN, "via": expected[1]}


def test_the_agents_own_metadata_counts_more(tmp_path: Path) -> None:
    configuration = load(tmp_path, f"agent: {A}, {METADATA}", "metadata: {line: of the agent}\n")
    assert converse(configuration, samples.intake()).metadata["line"] == "of the agent"


@pytest.mark.parametrize(("when", "tools"), [("is_business_hours", ("end_call",)), ("!is_business_hours", ())])
def test_tools_are_offered_where_their_condition_holds(when: str, tools: tuple[str, ...], tmp_path: Path) -> None:
    configuration = load(tmp_path, f"agent: {A}", f'tools: [end_call: {{when: "{when}"}}]\n')
    assert converse(configuration, samples.intake()).agent.tools == tools

"""Transfers on their way from an agent's file into the plan of a call."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcore import contract, transfer_wishes, transfers
from sip_config import configurations, loading, routing, snapshots
from sip_config.plans import agent_plans
from tests.unit.sip_config import everything, samples

pytestmark = pytest.mark.unit

AGENT = """\
transfers:
  sales: {label: Sales, to: +12015550191, when: caller == '+12015550199'}
  support: {label: Support, to: "sip:support@pbx.example.com", mode: blind}
"""


def load(folder: Path, agent: str) -> configurations.Configuration:
    return samples.load(folder, {"agents/front-desk.yaml": samples.FILES["agents/front-desk.yaml"] + agent})


def decide(configuration: configurations.Configuration, caller: str = "+12015550199") -> routing.Decision:
    return routing.decide(configuration, samples.applied(configuration), samples.intake(caller=caller), samples.NOW)


def plan(decision: routing.Decision) -> contract.AgentPlan:
    assert isinstance(decision.plan, contract.Converse)
    return decision.plan.agent


def told(decision: routing.Decision) -> list[tuple[str, bool]]:
    return [(step.text, step.faulty) for step in decision.steps if step.name is routing.StepName.TRANSFER]


def test_all_that_a_file_says_is_in_the_plan(tmp_path: Path) -> None:
    configuration = loading.load(everything.write(tmp_path), everything.ENVIRONMENT)
    sales, support, office = agent_plans.transfer_options(configuration.agents["front-desk"])
    assert sales == contract.TransferOption(
        name="sales",
        label="Sales",
        kind=transfers.Kind.WARM,
        wish=transfer_wishes.Wish(
            destinations=(
                transfer_wishes.Destination(to="+12015550191", label="Sales", ringing_timeout_s=25),
                transfer_wishes.Destination(
                    to="sip:jane@pbx.example.com", label="Jane", ringing_timeout_s=20, extension="ww204#"
                ),
            ),
            screening="Ask first.",
            fallback=transfer_wishes.Fallback.HANG_UP,
            voicemail_detection=transfer_wishes.VoicemailDetection(timeout_s=8),
            longest_s=7200,
        ),
    )
    assert (support.kind, support.wish.headers) == (transfers.Kind.BLIND, {"X-Team": "7"})
    assert support.wish.fallback is transfer_wishes.Fallback.TAKE_MESSAGE
    assert office.wish.destinations == (
        transfer_wishes.Destination(to="+12015550192", label="The office", extension="12"),
    )
    made = agent_plans.without_call(configuration, configuration.agents["front-desk"]).transfers
    assert (made.options, made.fallback, made.keys) == (
        (sales, support, office),
        transfer_wishes.Fallback.TAKE_MESSAGE,
        False,
    )
    assert made.texts.goodbye == "Goodbye!"
    assert made.texts.briefing == "{agent} here, for {destination}. {summary} Yes or no?"


def test_what_no_file_says_is_as_documented(tmp_path: Path) -> None:
    made = plan(decide(load(tmp_path, AGENT))).transfers
    assert made == contract.TransferSettings(options=made.options)
    assert made.options[0] == contract.TransferOption(
        name="sales",
        label="Sales",
        kind=transfers.Kind.WARM,
        wish=transfer_wishes.Wish(destinations=(transfer_wishes.Destination(to="+12015550191", label="Sales"),)),
    )


@pytest.mark.parametrize(
    ("agent", "caller", "tools", "options", "explained"),
    [
        (AGENT, "+12015550199", ("end_call", "do_not_call", "transfer_call"), ["sales", "support"],
         [("the agent may transfer to `sales` (warm), `support` (blind)", False)]),
        (AGENT, "+12015550198", ("end_call", "do_not_call", "transfer_call"), ["support"],
         [("the agent may transfer to `support` (blind); by condition not to `sales`", False)]),
        (AGENT.partition("  support")[0], "+12015550198", ("end_call", "do_not_call"), [],
         [("the agent may transfer to nobody; by condition not to `sales`", False)]),
        (AGENT + "tools: [end_call]\n", "+12015550199", ("end_call",), [], []),
        (AGENT + "tools: [{transfer_call: {when: is_business_hours}}]\n", "+12015550199", ("transfer_call",),
         ["sales", "support"], [("the agent may transfer to `sales` (warm), `support` (blind)", False)]),
        (AGENT + "tools: [{transfer_call: {when: \"caller == ''\"}}]\n", "+12015550199", (), [], []),
        ("", "+12015550199", ("end_call", "do_not_call"), [], []),
    ],
)  # fmt: skip
def test_destinations_are_offered_where_their_conditions_hold(
    tmp_path: Path, agent: str, caller: str, tools: tuple[str, ...], options: list[str], explained: list[object]
) -> None:
    decision = decide(load(tmp_path, agent), caller)
    assert plan(decision).tools == tools
    assert [option.name for option in plan(decision).transfers.options] == options
    assert told(decision) == explained


def test_a_condition_that_fails_is_told_and_its_destination_is_not_there(tmp_path: Path) -> None:
    configuration = load(tmp_path, AGENT.replace("caller == '+12015550199'", "int(caller) > 5"))
    decision = decide(configuration, "anonymous")
    assert [option.name for option in plan(decision).transfers.options] == ["support"]
    (fault,) = decision.faults
    assert fault.setting == ("agents", "front-desk", "transfers", "sales", "when")
    assert configuration.places.of(fault.setting).startswith("agents/front-desk.yaml:8:")


@pytest.mark.parametrize("caller", ["+12015550199", "+12015550198"])
def test_a_worker_alone_offers_the_same(tmp_path: Path, caller: str) -> None:
    configuration = load(tmp_path, AGENT)
    written = snapshots.take(configuration, samples.applied(configuration)).model_dump_json(by_alias=True)
    alone = snapshots.Snapshot.model_validate_json(written)
    intake = samples.intake(caller=caller)
    assert routing.decide(alone.configuration(), alone.live_objects(), intake, samples.NOW) == decide(
        configuration, caller
    )


def test_a_plan_reads_back(tmp_path: Path) -> None:
    configuration = loading.load(everything.write(tmp_path), everything.ENVIRONMENT)
    made = agent_plans.without_call(configuration, configuration.agents["front-desk"])
    assert contract.AgentPlan.model_validate_json(made.model_dump_json(by_alias=True)) == made

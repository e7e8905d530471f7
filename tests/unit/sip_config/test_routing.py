"""Who takes a call: number, way of arrival, direction, agent."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcore import calls, contract, endings
from sip_config import configurations, live, providers, routing
from sip_config.templates import variables
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

TWO_NUMBERS = """\
numbers:
  - {e164: "+12015550100", label: Main line, trunk: carrier, agent: front-desk}
  - {e164: "+12015550101", trunk: carrier, direction: outbound}
"""
TRUNK = """\
trunks:
  carrier:
    inbound: {allowed_addresses: [127.0.0.1]}
    outbound: {address: 127.0.0.1}
"""


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> configurations.Configuration:
    return samples.load(tmp_path_factory.mktemp("sample"), {"numbers.yaml": TWO_NUMBERS, "trunks.yaml": TRUNK})


def decide(configuration: configurations.Configuration, intake: contract.CallIntake) -> contract.Plan:
    return routing.decide(configuration, samples.applied(configuration), intake, samples.NOW).plan


@pytest.mark.parametrize(
    "dialed",
    [
        *("+12015550100", "12015550100", "0012015550100", "01112015550100", "2015550100", "(201) 555-0100"),
        *("tel:+12015550100", "tel:+1-201-555-0100;phone-context=+1", "sip:+12015550100@192.0.2.1;user=phone"),
        *("<sip:12015550100@pbx.example.com:5060>", "+12015550100;npdi"),
    ],
)
def test_number_reaches_its_agent_however_it_is_written(
    configuration: configurations.Configuration, dialed: str
) -> None:
    plan = decide(configuration, samples.intake(dialed))
    assert isinstance(plan, contract.Converse)
    assert plan.agent.agent_id == "front-desk"
    assert plan.agent.agent_version == configuration.agents["front-desk"].version


@pytest.mark.parametrize(
    "dialed", ["+12015550999", "anonymous", "", None, "2015550100999", "x" * 512, "sip:ava@acme.example"]
)
def test_unknown_number_is_refused_and_never_given_to_some_agent(
    configuration: configurations.Configuration, dialed: str | None
) -> None:
    plan = decide(configuration, samples.intake(dialed))
    assert isinstance(plan, contract.Refuse)
    assert (plan.reason, plan.sip_status_code) == (endings.Reason.INVALID_NUMBER, 404)


@pytest.mark.parametrize(
    ("trunk_id", "rule_id"),
    [
        (None, "SDR_catch_all"),
        ("ST_carrier", "SDR_catch_all"),
        (None, "SDR_carrier"),
        ("ST_other", "SDR_carrier"),
        ("ST_carrier", None),
        (None, None),
        ("", ""),
    ],
)
def test_number_that_arrives_by_another_way_than_its_own_is_refused(
    configuration: configurations.Configuration, trunk_id: str | None, rule_id: str | None
) -> None:
    intake = samples.intake(trunk_id=trunk_id, rule_id=rule_id)
    decision = routing.decide(configuration, samples.applied(configuration), intake, samples.NOW)
    assert isinstance(decision.plan, contract.Refuse)
    assert (decision.plan.reason, decision.plan.sip_status_code) == (endings.Reason.INVALID_NUMBER, 404)
    by_catch_all = rule_id == "SDR_catch_all"
    setting = ("trunks", "carrier", "inbound") if by_catch_all else ("numbers", samples.MAIN, "trunk")
    assert decision.steps[-1].setting == setting


def test_nothing_is_answered_before_anything_is_applied(configuration: configurations.Configuration) -> None:
    for intake in (samples.intake(), samples.intake(trunk_id=None, rule_id=None)):
        plan = routing.decide(configuration, live.LiveObjects(), intake, samples.NOW).plan
        assert isinstance(plan, contract.Refuse)


def test_outbound_number_takes_no_calls(configuration: configurations.Configuration) -> None:
    plan = decide(configuration, samples.intake(samples.SECOND))
    assert isinstance(plan, contract.Refuse)
    assert (plan.reason, plan.sip_status_code) == (endings.Reason.POLICY_REFUSED, 403)


def test_outbound_call_is_not_routed(configuration: configurations.Configuration) -> None:
    plan = decide(configuration, samples.intake(direction=calls.Direction.OUTBOUND))
    assert isinstance(plan, contract.Refuse)
    assert plan.reason is endings.Reason.POLICY_REFUSED


@pytest.mark.parametrize(
    ("caller", "greeting"),
    [
        ("+12015550199", "Acme Plumbing, hello +12015550199!"),
        ("2015550199", "Acme Plumbing, hello +12015550199!"),
        ("anonymous", "Acme Plumbing, hello!"),
        (None, "Acme Plumbing, hello!"),
        ("{{ organization }}", "Acme Plumbing, hello!"),
        ("+1" * 256, "Acme Plumbing, hello!"),
    ],
)
def test_greeting_knows_the_caller_or_that_it_is_withheld(
    configuration: configurations.Configuration, caller: str | None, greeting: str
) -> None:
    plan = decide(configuration, samples.intake(caller=caller))
    assert isinstance(plan, contract.Converse)
    assert plan.agent.greeting == greeting


def test_plan_holds_everything_a_job_needs(tmp_path: Path) -> None:
    agent = samples.FILES["agents/front-desk.yaml"] + (
        "turns: {preset: patient, interruptions: {sensitivity: low}}\nmax_duration: {limit: 5m}\ntools: []\n"
    )
    plan = decide(samples.load(tmp_path, {"agents/front-desk.yaml": agent}), samples.intake())
    assert isinstance(plan, contract.Converse)
    assert plan.agent.instructions == "You are Ava of Acme Plumbing. It is Friday, 6 March 2026, 09:30."
    assert plan.agent.turns == contract.TurnSettings(
        detector="local", min_delay_s=0.8, max_delay_s=4.0, interruptions=True, interruption_min_s=0.8
    )
    assert (plan.agent.max_duration_s, plan.agent.tools, plan.agent.flow) == (300.0, (), None)


def test_provider_settings_survive_the_way_to_the_worker(configuration: configurations.Configuration) -> None:
    plan = decide(configuration, samples.intake())
    assert isinstance(plan, contract.Converse)
    received = contract.Converse.model_validate_json(plan.model_dump_json()).agent
    settings = providers.ProviderSettings.model_validate(
        {name: getattr(received, name).model_dump() for name in ("stt", "llm", "tts", "vad")}
    )
    agent = configuration.agents["front-desk"].settings
    assert (settings.stt, settings.llm, settings.tts) == (agent.stt, agent.llm, agent.tts)
    assert received.llm.model_dump()["api_key"] == "${MY_KEY}"


def test_agent_is_silent_on_interruptions_where_told_so(tmp_path: Path) -> None:
    agent = samples.FILES["agents/front-desk.yaml"] + "turns: {interruptions: {enabled: false}}\n"
    plan = decide(samples.load(tmp_path, {"agents/front-desk.yaml": agent}), samples.intake())
    assert isinstance(plan, contract.Converse)
    assert plan.agent.turns.interruptions is False


def test_detectors_are_the_ones_that_the_agent_names(tmp_path: Path) -> None:
    agent = samples.FILES["agents/front-desk.yaml"] + (
        "vad: {provider: silero, min_silence: 0.4}\nturns: {detector: vad}\n"
    )
    plan = decide(samples.load(tmp_path, {"agents/front-desk.yaml": agent}), samples.intake())
    assert isinstance(plan, contract.Converse)
    assert plan.agent.turns.detector == "vad"
    assert plan.agent.vad.model_dump() == {"provider": "silero", "min_silence": 0.4, "threshold": 0.5}


def test_texts_speak_of_whom_we_know_and_of_what_came_with_the_call_that_is_returned(tmp_path: Path) -> None:
    agent = samples.FILES["agents/front-desk.yaml"].replace(
        "{{ organization.name }}, hello{% if caller %} {{ caller }}{% endif %}!",
        "{{ contact.name }} of {{ fields.city }}, {{ variables.order }}: {{ direction }}{{ callee }}",
    )
    known = samples.load(tmp_path, {"agents/front-desk.yaml": agent})
    live_objects, intake = samples.applied(known), samples.intake()
    decided = routing.decide(
        known,
        live_objects,
        intake,
        samples.NOW,
        ring_back=routing.RingBack(agent_id="front-desk", variables={"order": "42"}),
        contact=variables.Contact(is_known=True, name="Bo"),
        fields={"city": "Dover"},
    )
    assert isinstance(decided.plan, contract.Converse)
    assert decided.plan.agent.greeting == "Bo of Dover, 42: inbound"
    nobody = routing.decide(known, live_objects, intake, samples.NOW)
    assert isinstance(nobody.plan, contract.Converse)
    assert nobody.plan.agent.greeting == "of , : inbound"

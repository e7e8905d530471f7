"""The six work modes in and off hours, and calls that come back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from callcore import contract
from sip_config import routing
from sip_config.plans import fixed_plans
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

OPEN = dt.datetime(2026, 3, 6, 14, 30, tzinfo=dt.UTC)  # Friday, half past nine in New York
SHUT = dt.datetime(2026, 3, 7, 1, 0, tzinfo=dt.UTC)
OTHER_PHONE = "+12015550142"
RING_BACK = routing.RingBack(agent_id="night-desk")


def decide(
    folder: Path, number: str, now: dt.datetime, ring_back: routing.RingBack | None = None, *, outbound: str = ""
) -> routing.Decision:
    configuration = samples.load(
        folder,
        {
            "organization.yaml": samples.FILES["organization.yaml"]
            + 'hours: {mon-fri: ["09:00-17:00"]}\npronunciations: {SQL: sequel}\n',
            "trunks.yaml": "trunks: {carrier: {inbound: {allowed_addresses: [127.0.0.1]},"
            f" outbound: {{address: 127.0.0.1{outbound}}}}}}}",
            "numbers.yaml": f'numbers: [{{e164: "{samples.MAIN}", trunk: carrier, {number}}}]',
            "agents/night-desk.yaml": samples.FILES["agents/front-desk.yaml"].replace("Rachel", "Adam"),
        },
    )
    return routing.decide(configuration, samples.applied(configuration), samples.intake(), now, ring_back=ring_back)


def action(decision: routing.Decision) -> str:
    return decision.plan.action


@pytest.mark.parametrize(
    ("mode", "in_hours", "off_hours"),
    [
        ("always_on", "converse", "converse"),
        ("forward_off_hours", "converse", "forward"),
        ("message_off_hours", "converse", "message"),
        ("always_forward", "forward", "forward"),
        ("voicemail", "voicemail", "voicemail"),
        ("voicemail_off_hours", "converse", "voicemail"),
    ],
)
def test_each_mode(mode: str, in_hours: str, off_hours: str, tmp_path: Path) -> None:
    number = f'agent: front-desk, work_mode: {mode}, forward_to: "{OTHER_PHONE}", off_hours_message: Closed.'
    if "forward" not in mode:
        number = f"agent: front-desk, work_mode: {mode}, off_hours_message: Closed."
    assert action(decide(tmp_path, number, OPEN)) == in_hours
    assert action(decide(tmp_path, number, SHUT)) == off_hours


def test_message_is_spoken_with_the_voice_of_the_agent_that_would_answer(tmp_path: Path) -> None:
    text = '"{{ number.brand_name }} is closed{% if is_business_hours %} not{% endif %}, {{ caller }}."'
    number = f"agent: night-desk, work_mode: message_off_hours, brand_name: Acme, off_hours_message: {text}"
    plan = decide(tmp_path, number, SHUT).plan
    assert isinstance(plan, contract.Announce)
    assert plan.text == "Acme is closed, +12015550199."
    assert plan.voice.tts.model_dump()["voice"] == "Adam"
    assert (plan.voice.language, plan.voice.pronunciations) == ("en-US", {"SQL": "sequel"})


def test_message_and_greeting_have_words_by_themselves(tmp_path: Path) -> None:
    plan = decide(tmp_path, "agent: front-desk, work_mode: voicemail", OPEN).plan
    assert isinstance(plan, contract.TakeMessage)
    assert plan.greeting == fixed_plans.GREETING.replace("{{ number.brand_name }}", "Acme Plumbing")
    assert plan.stt.provider == "deepgram"
    silent = "\"{% if caller == '+12015550111' %}Hello.{% endif %}\""
    plan = decide(tmp_path, f"agent: front-desk, work_mode: voicemail, voicemail_greeting: {silent}", OPEN).plan
    assert isinstance(plan, contract.TakeMessage)
    assert plan.greeting.startswith("You have reached Acme Plumbing.")


@pytest.mark.parametrize(
    ("settings", "otherwise"),
    [
        ("off_hours_message: Closed.", "message"),
        ("off_hours_message: Closed., forward_fallback: voicemail", "voicemail"),
        ("label: none", "voicemail"),
        ("off_hours_message: Closed., forward_fallback: message", "message"),
    ],
)
def test_forward_that_reaches_nobody_ends_in_something_said(settings: str, otherwise: str, tmp_path: Path) -> None:
    number = f'agent: front-desk, work_mode: always_forward, forward_to: "{OTHER_PHONE}", {settings}'
    plan = decide(tmp_path, number, OPEN).plan
    assert isinstance(plan, contract.Forward)
    assert (plan.to, plan.otherwise.action) == (OTHER_PHONE, otherwise)


def test_the_other_phone_rings_as_long_as_the_trunk_says_and_livekit_can(tmp_path: Path) -> None:
    number = f'agent: front-desk, work_mode: always_forward, forward_to: "{OTHER_PHONE}"'
    for outbound, rings_s in (("", 40), (", ringing_timeout: 12s", 12), (", ringing_timeout: 3m", 80)):
        plan = decide(tmp_path, number, OPEN, outbound=outbound).plan
        assert isinstance(plan, contract.Forward)
        assert plan.ringing_timeout_s == rings_s


@pytest.mark.parametrize("now", [OPEN, SHUT], ids=["open", "shut"])
def test_a_call_that_comes_back_is_taken_by_the_agent_that_dialed_also_where_strangers_are_refused(
    now: dt.datetime, tmp_path: Path
) -> None:
    refused = decide(tmp_path, "direction: outbound", now).plan
    assert isinstance(refused, contract.Refuse)
    assert refused.sip_status_code == 403
    plan = decide(tmp_path, "direction: outbound", now, RING_BACK).plan
    assert isinstance(plan, contract.Converse)
    assert (plan.agent.agent_id, plan.ring_back) == ("night-desk", True)


def test_a_call_that_comes_back_off_hours_gets_what_all_calls_get(tmp_path: Path) -> None:
    number = "direction: both, agent: front-desk, work_mode: message_off_hours, off_hours_message: Closed."
    plan = decide(tmp_path, number, OPEN, RING_BACK).plan
    assert isinstance(plan, contract.Converse)
    assert (plan.agent.agent_id, plan.ring_back) == ("night-desk", True)
    plan = decide(tmp_path, number, SHUT, RING_BACK).plan
    assert isinstance(plan, contract.Announce)
    assert plan.voice.tts.model_dump()["voice"] == "Adam"


def test_a_call_that_comes_back_to_an_agent_that_is_gone_is_any_call(tmp_path: Path) -> None:
    gone = routing.RingBack(agent_id="gone")
    plan = decide(tmp_path, "direction: both, agent: front-desk", OPEN, gone).plan
    assert isinstance(plan, contract.Converse)
    assert (plan.agent.agent_id, plan.ring_back) == ("front-desk", False)
    returned = decide(tmp_path, "direction: outbound, agent: front-desk", SHUT, gone)
    assert isinstance(returned.plan, contract.Converse)
    assert "its agent is gone" in next(step.text for step in returned.steps if step.name == "ring_back")
    nobody = decide(tmp_path, "direction: outbound", OPEN, gone)
    assert (action(nobody), nobody.steps[-1].setting) == ("refuse", ("numbers", samples.MAIN, "agent"))


def test_steps_tell_what_was_looked_at_and_where_it_stands(tmp_path: Path) -> None:
    number = f'agent: front-desk, work_mode: forward_off_hours, forward_to: "{OTHER_PHONE}"'
    decision = decide(tmp_path, number, SHUT)
    assert [step.name.value for step in decision.steps] == [
        *("number", "arrival", "caller", "direction", "hours", "work_mode", "agent"),
    ]
    assert all(step.passed for step in decision.steps)
    assert decision.steps[4].setting == ("hours", "mon-fri")
    assert decision.steps[5].setting == ("numbers", samples.MAIN, "work_mode")
    refused = decide(tmp_path, "direction: outbound", OPEN).steps[-1]
    assert (refused.name, refused.passed, refused.setting) == (
        routing.StepName.DIRECTION,
        False,
        ("numbers", samples.MAIN, "direction"),
    )
    assert not any("+1201" in step.text for step in decision.steps)

"""What a pre-call webhook wants of a call that we place: over what its client asked for, within its constraints."""

from __future__ import annotations

import pytest

from sip_config import configurations
from sip_config.sessions import answering, findings, overrides, planning
from tests.unit.sip_config.sessions import placing

pytestmark = pytest.mark.unit


def session(configuration: configurations.Configuration, **asked: object) -> planning.Session:
    return planning.Session(
        agent_id="desk",
        number=configuration.numbers[placing.SALES_LINE],
        to=placing.TO,
        overrides=overrides.Overrides.model_validate(asked),
        metadata={"order": "7", "shop": "1"},
    )


def answer(**wanted: object) -> answering.Answer:
    return answering.Answer(overrides=overrides.Overrides.model_validate(wanted))


def test_the_answer_counts_over_the_client_and_the_client_over_the_file(
    configuration: configurations.Configuration,
) -> None:
    asked = session(configuration, system_prompt="Of the client.", first_message="Of the client.")
    wanted = answering.Answer(
        overrides=overrides.Overrides(first_message="Of the answer."), metadata={"order": "8", "tier": "gold"}
    )
    before = planning.plan(configuration, asked, placing.NOW)
    plan = planning.plan(configuration, asked, placing.NOW, wanted)
    assert (plan.agent.instructions, plan.agent.greeting) == ("Of the client.", "Of the answer.")
    assert {name: plan.metadata[name] for name in ("order", "shop", "tier")} == {
        "order": "8",
        "shop": "1",
        "tier": "gold",
    }
    file = configuration.agents["desk"].version
    versions = {file, before.agent.agent_version, plan.agent.agent_version}
    assert len(versions) == 3
    assert all(version.count("+") <= 1 and version.startswith(file) for version in versions)


def test_what_the_client_rules_out_no_answer_brings_back(configuration: configurations.Configuration) -> None:
    asked = session(configuration, constraints={"allowed_providers": {"tts": ["elevenlabs"]}})
    with pytest.raises(findings.Unfit) as unfit:
        planning.plan(configuration, asked, placing.NOW, answer(tts_options={"provider": "openai", "voice": "nova"}))
    assert [path for path, _ in unfit.value.found] == ["constraints.allowedProviders.tts"]


def test_an_answer_that_wants_nothing_changes_nothing(configuration: configurations.Configuration) -> None:
    asked = session(configuration, first_message="Hello.")
    plan = planning.plan(configuration, asked, placing.NOW)
    assert planning.plan(configuration, asked, placing.NOW, answering.Answer()) == plan

"""Transfers of calls that we place, and of calls that a pre-call webhook had a word in."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from callcore import contract
from sip_config import configurations, loading
from sip_config.sessions import answering, overrides, planning
from tests.unit.sip_config.sessions import placing

pytestmark = pytest.mark.unit

TRANSFERS = """\
transfers:
  office: {label: The office, to: +12015550191}
  night: {label: The night shift, to: +12015550192, when: "!is_business_hours"}
transfer_texts: {goodbye: "Bye!"}
"""


@pytest.fixture
def transferring(tmp_path: pathlib.Path) -> configurations.Configuration:
    placing.load(tmp_path)
    with (tmp_path / "agents" / "sales.yaml").open("a", encoding="utf-8") as sales:
        sales.write(TRANSFERS)
    return loading.load(tmp_path, {})


def plan(
    configuration: configurations.Configuration,
    agent_id: str | None = "sales",
    wanted: answering.Answer | None = None,
    max_duration_s: float | None = None,
    **asked: Any,
) -> contract.AgentPlan:
    session = planning.Session(
        agent_id=agent_id,
        number=configuration.numbers[placing.SALES_LINE],
        to=placing.TO,
        overrides=overrides.Overrides.model_validate(asked),
        max_duration_s=max_duration_s,
    )
    return planning.plan(configuration, session, placing.NOW, wanted).agent


def names(agent: contract.AgentPlan) -> list[str]:
    return [option.name for option in agent.transfers.options]


def test_overrides_leave_transfers_as_the_file_has_them(transferring: configurations.Configuration) -> None:
    plain, changed = plan(transferring), plan(transferring, first_message="Hi", intent={"optimize_for": "latency"})
    assert names(plain) == ["office"]
    assert "transfer_call" in plain.tools
    assert (changed.transfers, changed.tools) == (plain.transfers, plain.tools)
    assert plain.transfers.texts.goodbye == "Bye!"


def test_an_answer_that_takes_the_tool_away_takes_the_destinations_away(
    transferring: configurations.Configuration,
) -> None:
    kept = plan(transferring, wanted=answering.Answer(tools=("end_call", "transfer_call")))
    assert (kept.tools, names(kept)) == (("end_call", "transfer_call"), ["office"])
    gone = plan(transferring, wanted=answering.Answer(tools=("end_call",)))
    assert (gone.tools, names(gone)) == (("end_call",), [])


def test_a_call_without_an_agent_transfers_to_nobody(transferring: configurations.Configuration) -> None:
    tts = {"provider": "elevenlabs", "voice": "Rachel"}
    asked: dict[str, Any] = {"intent": {}, "system_prompt": "Ask.", "llm": {"provider": "openai"}, "tts_options": tts}
    agent = plan(transferring, None, **asked)
    assert (agent.agent_id, agent.tools, names(agent)) == ("sales", ("end_call", "do_not_call"), [])


@pytest.mark.parametrize(("asked_for_s", "longest_s"), [(None, 1200), (5000, 1200), (30, 30)])
def test_nobody_is_connected_for_longer_than_a_call_of_ours_may_last(
    transferring: configurations.Configuration, asked_for_s: float | None, longest_s: float
) -> None:
    (office,) = plan(transferring, max_duration_s=asked_for_s).transfers.options
    assert office.wish.longest_s == longest_s

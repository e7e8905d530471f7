"""What a colleague is told."""

from __future__ import annotations

import pytest

from callcore import contract, transfers
from tests.unit.worker import samples
from worker.jobs.consulting import briefings

pytestmark = pytest.mark.unit


def order(label: str | None = "Sales", screening: str | None = None) -> contract.TransferProgress:
    return contract.TransferProgress(
        transfer_id="tr_1",
        kind=transfers.Kind.WARM,
        state=transfers.State.DIALING,
        version=1,
        label=label,
        screening=screening,
    )


def test_the_fixed_briefing_is_the_agents_own() -> None:
    texts = contract.TransferTexts(briefing="{agent} for {destination}: {summary} {else} Yes?")
    agent = samples.agent().model_copy(update={"transfers": contract.TransferSettings(texts=texts)})
    assert briefings.fixed(agent, order(), "A {agent} asks.") == "Ava for Sales: A {agent} asks. {else} Yes?"
    assert briefings.fixed(agent, order(label=None), "X.").startswith("Ava for you: X.")


def test_nobody_has_to_listen_to_a_long_summary() -> None:
    assert len(briefings.fixed(samples.agent(), order(), "word " * 400)) < 700


def test_the_model_knows_whom_it_speaks_for_and_what_to_find_out() -> None:
    told = briefings.instructions(samples.agent(), order(screening="Ask for the PIN."), "They {want} a price.")
    for part in ("You are Ava", "Sales", "en-US", "Ask for the PIN.", "They {want} a price.", "accept_call"):
        assert part in told
    assert "find this out" not in briefings.instructions(samples.agent(), order(), "X.")


@pytest.mark.parametrize(("language", "begins"), [("en-GB", "All right"), ("de", "In Ordnung"), ("ja-JP", "All right")])
def test_goodbye_is_said_in_the_agents_language(language: str, begins: str) -> None:
    assert briefings.farewell(language).startswith(begins)

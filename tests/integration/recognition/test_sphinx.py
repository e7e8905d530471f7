"""Offline recognition of whole conversations of a synthetic caller on a telephone line."""

from __future__ import annotations

import asyncio

import pytest

from sip_config.flows import flows
from tests.unit.providers import hearing, plans
from worker.providers.offline import corpus, grammar, recognisers, sphinx

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def flow() -> flows.Flow:
    return flows.Flow.parse(plans.FLOW, "front-desk.flow.yaml")


@pytest.fixture(scope="module")
def pool(flow: flows.Flow) -> recognisers.RecogniserPool:
    pool = recognisers.RecogniserPool(grammar.Grammar(flow.phrases()), narrowband=True)
    pool.prewarm()
    return pool


def wrong_words(heard: str, said: str) -> int:
    """The edit distance in words."""
    left, right = corpus.split(heard), corpus.split(said)
    costs = list(range(len(right) + 1))
    for i, word in enumerate(left, 1):
        before, costs[0] = costs[0], i
        for j, other in enumerate(right, 1):
            before, costs[j] = costs[j], min(costs[j] + 1, costs[j - 1] + 1, before + (word != other))
    return costs[-1]


DEMO = (
    "What are your opening hours?",
    "What services do you offer?",
    "I would like to book an appointment for Tuesday at ten",
    "My name is Anna Miller",
    "No thank you, goodbye",
)


@pytest.mark.parametrize("voice", ["rms", "kal16"])
async def test_the_demo_callers_words_lead_where_they_should(
    pool: recognisers.RecogniserPool, flow: flows.Flow, voice: str
) -> None:
    heard = await hearing.heard(sphinx.SphinxSTT(pool), *DEMO, voice=voice)
    assert len(heard) == len(DEMO)
    replies = [
        flow.reply([flows.FlowMessage(role=flows.Role.USER, text=text) for text in said[: n + 1]], ("end_call",))
        for said in (heard, DEMO)
        for n in range(len(DEMO))
    ]
    assert replies[: len(DEMO)] == replies[len(DEMO) :]
    said_words = sum(len(corpus.split(text)) for text in DEMO)
    assert sum(map(wrong_words, heard, DEMO)) <= 0.1 * said_words


async def test_two_calls_at_once_do_not_mix(pool: recognisers.RecogniserPool) -> None:
    recognition = sphinx.SphinxSTT(pool)
    both = await asyncio.gather(
        hearing.heard(recognition, "What are your opening hours?"),
        hearing.heard(recognition, "My name is Anna Miller"),
    )
    assert list(both) == [
        ["what are your opening hours"],
        ["my name is Anna Miller"],
    ]

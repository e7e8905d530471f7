"""What a destination is told of the call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livekit import agents
from livekit.agents import llm

from callcore import transfer_wishes
from worker.jobs.consulting import summaries

pytestmark = pytest.mark.unit


class Model:
    """Stands in for a language model."""

    def __init__(self, answer: str | Exception | None) -> None:
        self.answer = answer
        self.asked: list[llm.ChatContext] = []

    def chat(self, *, chat_ctx: llm.ChatContext, conn_options: agents.APIConnectOptions) -> Model:
        self.asked.append(chat_ctx)
        return self

    async def collect(self) -> llm.CollectedResponse:
        if self.answer is None:
            await asyncio.Event().wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return llm.CollectedResponse(text=self.answer or "", tool_calls=[])


def spoken(*words: str) -> llm.ChatContext:
    history = llm.ChatContext.empty()
    history.add_message(role="system", content="Secret instructions.")
    history.add_message(role="assistant", content="Hello, how can I help?")
    for text in words:
        history.add_message(role="user", content=text)
    return history


async def summary(given: str | None, history: llm.ChatContext, model: Model | None) -> str:
    stand_in: Any = model
    return await summaries.summarise(given, history, stand_in)


async def test_what_the_agent_gave_is_taken_as_it_is() -> None:
    model = Model("Another.")
    assert await summary(" Sam wants\n a price. ", spoken("a price please"), model) == "Sam wants a price."
    assert model.asked == []


async def test_the_model_makes_one_of_what_was_said() -> None:
    model = Model("Sam asks\nfor a price.")
    assert await summary(None, spoken("this is Sam", "a price please"), model) == "Sam asks for a price."
    (asked,) = model.asked
    text = asked.items[-1]
    assert isinstance(text, llm.ChatMessage)
    assert text.text_content == "Agent: Hello, how can I help?\nCaller: this is Sam\nCaller: a price please"


@pytest.mark.parametrize("answer", ["", " \n", None, agents.APIConnectionError(), ValueError("a plugin's own")])
async def test_without_the_model_it_is_what_the_caller_said_last(
    answer: str | Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "_MODEL_S", 0.01)
    assert await summary(None, spoken("hello", "a price please"), Model(answer)) == "They said: a price please"


async def test_offline_it_is_what_the_caller_said_last() -> None:
    long = "please " * 50
    told = await summary("  ", spoken(long), None)
    assert told.startswith("They said: please please")
    assert len(told) <= len("They said: ") + 201
    assert told.endswith("please.")


async def test_of_a_caller_who_said_nothing_nothing_is_known() -> None:
    model = Model("They want to buy everything.")
    assert await summary(None, spoken(), model) == "I do not know yet what it is about."
    assert model.asked == []


async def test_no_summary_is_longer_than_a_wish_may_hold() -> None:
    assert len(await summary("word " * 1000, spoken(), None)) <= transfer_wishes.MAX_SUMMARY

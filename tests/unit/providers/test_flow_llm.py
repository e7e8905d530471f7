"""A flow in the place of a language model, through livekit's own interface and in a session."""

from __future__ import annotations

import pytest
from livekit import agents
from livekit.agents import llm

from sip_config.flows import flows
from tests.unit.providers import plans
from worker.providers.offline import flow

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def model() -> flow.FlowLLM:
    return flow.FlowLLM(flows.Flow.parse(plans.FLOW, "front-desk.flow.yaml"), name="front-desk.flow.yaml")


class FrontDesk(agents.Agent):
    """An agent with the worker's tool for hanging up, and one for bookings that may be missing or fail."""

    def __init__(self, *, bookings: bool = False, full: bool = False) -> None:
        super().__init__(instructions="Help.")
        self.booked: list[tuple[str, str, str]] = []
        self.hung_up = False
        self._full = full
        extra = [agents.function_tool(self.book_appointment)] if bookings else []
        self._tools = [agents.function_tool(self.end_call), *extra]

    async def end_call(self) -> None:
        """Hang up."""
        self.hung_up = True

    async def book_appointment(self, day: str, time: str, name: str) -> str:
        """Book a visit."""
        if self._full:
            raise llm.ToolError("no time left")
        self.booked.append((day, time, name))
        return "done"


async def chunks(model: flow.FlowLLM, said: str, **options: object) -> list[llm.ChatChunk]:
    context = llm.ChatContext.empty()
    context.add_message(role="system", content="Help.")
    context.add_message(role="user", content=said)
    async with model.chat(chat_ctx=context, **options) as stream:  # type: ignore[arg-type]  # passed through
        return [chunk async for chunk in stream]


async def test_a_reply_comes_word_by_word_and_with_its_usage(model: flow.FlowLLM) -> None:
    found = await chunks(model, "What are your opening hours?")
    words = [chunk.delta.content for chunk in found if chunk.delta and chunk.delta.content]
    assert "".join(words).startswith("We are open Monday")
    assert len(words) > 10
    assert found[-1].usage is not None
    assert found[-1].usage.completion_tokens == len(words)


async def test_a_tool_is_called_after_the_words_if_it_is_offered(model: flow.FlowLLM) -> None:
    tools = FrontDesk().tools
    offered = [
        c.delta.tool_calls for c in await chunks(model, "goodbye", tools=tools) if c.delta and c.delta.tool_calls
    ]
    assert [(call.name, call.arguments) for [call] in offered] == [("end_call", "{}")]
    refused = await chunks(model, "goodbye", tools=tools, tool_choice="none")
    assert not [chunk for chunk in refused if chunk.delta and chunk.delta.tool_calls]


async def test_requests_do_not_influence_each_other(model: flow.FlowLLM) -> None:
    first = await chunks(model, "how much is it")
    await chunks(model, "goodbye")
    again = await chunks(model, "how much is it")
    assert [c.delta for c in first] == [c.delta for c in again]


async def converse(model: flow.FlowLLM, agent: FrontDesk, *turns: str) -> list[str]:
    """What the agent says to each turn."""
    replies = []
    async with agents.AgentSession[None](llm=model, vad=None) as session:
        await session.start(agent, record=False)
        for said in turns:
            result: agents.voice.run_result.RunResult[None] = await session.run(user_input=said)
            texts = [e.item.text_content for e in result.events if e.type == "message" and e.item.role == "assistant"]
            replies.append(" ".join(filter(None, texts)))
    return replies


async def test_the_demo_conversation_in_a_session(model: flow.FlowLLM) -> None:
    agent = FrontDesk()
    replies = await converse(
        model,
        agent,
        "What are your opening hours?",
        "I would like to book an appointment for Tuesday at ten",
        "My name is Anna Miller",
        "No thank you, goodbye",
    )
    assert replies[0].startswith("We are open")
    assert replies[1] == "Tuesday at ten. May I have your name, please?"
    assert "Anna Miller" in replies[2]
    assert replies[3] == "Thank you for calling Acme Plumbing. Goodbye!"
    assert agent.hung_up


async def test_a_booking_tool_is_called_with_what_was_said_and_its_result_told(model: flow.FlowLLM) -> None:
    agent = FrontDesk(bookings=True)
    replies = await converse(model, agent, "can i book for Tuesday at ten", "Anna Miller", "no")
    assert agent.booked == [("Tuesday", "ten", "Anna Miller")]
    assert replies[1].startswith("Thank you, Anna Miller. Your appointment is booked")
    assert agent.hung_up


async def test_a_tool_that_fails_is_told_in_words(model: flow.FlowLLM) -> None:
    replies = await converse(model, FrontDesk(bookings=True, full=True), "book for Tuesday at ten", "Anna Miller")
    assert "could not book" in replies[1]

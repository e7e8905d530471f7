from __future__ import annotations

import asyncio
import json
import re

import aiohttp
import pytest
from livekit.agents import (
    APIConnectionError,
    APIConnectOptions,
    APIError,
    APIStatusError,
    APITimeoutError,
    function_tool,
    llm,
)
from livekit.plugins import openai

from lab.providers import behaviours, repliers, simulators

pytestmark = pytest.mark.integration

ONE_TRY = APIConnectOptions(max_retry=0, timeout=0.3)
DEADLINE_S = 10.0
OPENAI = behaviours.Service.OPENAI
KEY = {"Authorization": "Bearer any"}
HOURS = "We are open from nine to five."
BOOKING = repliers.ToolCall(name="book_table", arguments={"guests": 2, "day": "tomorrow", "time": "seven o'clock"})


@function_tool
async def book_table(guests: int, day: str, time: str) -> str:
    """Book a table."""
    return f"{guests} {day} {time}"


@pytest.fixture
def replier() -> repliers.Replier:
    return repliers.Scripted(
        [
            repliers.Rule(heard=re.compile("open"), say=HOURS),
            repliers.Rule(heard=re.compile("table"), say="One moment.", call=BOOKING, then="Done: {result}"),
        ]
    )


async def ask(sims: simulators.Simulators, said: str, tools: list[llm.Tool] | None = None) -> list[llm.ChatChunk]:
    """What the plugin gets as the answer."""
    context = llm.ChatContext.empty()
    context.add_message(role="system", content="You are a receptionist.")
    context.add_message(role="user", content=said)
    model = openai.LLM(model="gpt-4.1-mini", api_key="any", base_url=sims.openai_url)
    try:
        async with asyncio.timeout(DEADLINE_S):
            async with model.chat(chat_ctx=context, tools=tools or [], conn_options=ONE_TRY) as stream:
                return [chunk async for chunk in stream]
    finally:
        await model.aclose()


def text(chunks: list[llm.ChatChunk]) -> str:
    return "".join(chunk.delta.content or "" for chunk in chunks if chunk.delta)


async def test_text_streams_word_by_word_and_ends_with_the_usage(sims: simulators.Simulators) -> None:
    chunks = await ask(sims, "When are you open?")
    assert text(chunks) == HOURS
    assert sum(bool(chunk.delta and chunk.delta.content) for chunk in chunks) == len(HOURS.split())
    usage = next(chunk.usage for chunk in chunks if chunk.usage)
    assert usage.completion_tokens == len(HOURS.split())


async def test_a_tool_call_streams_with_its_arguments(sims: simulators.Simulators) -> None:
    chunks = await ask(sims, "A table, please.", [book_table])
    (call,) = [call for chunk in chunks if chunk.delta for call in chunk.delta.tool_calls]
    assert text(chunks) == "One moment."
    assert call.name == "book_table"
    assert json.loads(call.arguments) == BOOKING.arguments


async def test_a_tool_that_is_not_on_offer_is_not_called(sims: simulators.Simulators) -> None:
    chunks = await ask(sims, "A table, please.")
    assert not any(chunk.delta and chunk.delta.tool_calls for chunk in chunks)


async def post(
    sims: simulators.Simulators, http: aiohttp.ClientSession, body: object, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    async with http.post(
        f"{sims.openai_url}/chat/completions", json=body, headers=KEY if headers is None else headers
    ) as response:
        return response.status, await response.text()


async def test_after_the_tool_its_result_is_answered(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "A table, please."}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "book_table", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "number 12"},
    ]
    status, answer = await post(sims, http, {"model": "gpt-4.1", "messages": messages})
    choice = json.loads(answer)["choices"][0]
    assert status == 200
    assert choice["message"]["content"] == "Done: number 12"
    assert choice["finish_reason"] == "stop"


async def test_the_stream_has_the_shape_of_the_wire_protocol(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    tool = {"type": "function", "function": {"name": "book_table", "parameters": {"type": "object"}}}
    body = {
        "model": "gpt-4.1",
        "messages": [{"role": "user", "content": "A table, please."}],
        "tools": [tool],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    _, answer = await post(sims, http, body)
    lines = [line.removeprefix("data: ") for line in answer.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    chunks = [json.loads(line) for line in lines]
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["total_tokens"] > 0
    assert chunks[-2]["choices"][0]["finish_reason"] == "tool_calls"
    calls = [call for chunk in chunks[:-1] for call in chunk["choices"][0]["delta"].get("tool_calls", [])]
    assert calls[0]["function"] == {"name": "book_table", "arguments": ""}
    assert len(calls) > 2
    assert not any("id" in call for call in calls[1:])


async def test_no_key_no_service(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    status, answer = await post(sims, http, {}, headers={})
    assert status == 401
    assert json.loads(answer)["error"]["type"] == "authentication_error"


async def test_a_body_that_is_not_understood_is_refused(
    sims: simulators.Simulators, http: aiohttp.ClientSession
) -> None:
    status, answer = await post(sims, http, {"model": "gpt-4.1", "messages": "hello"})
    assert status == 400
    assert "hello" not in answer


async def test_models_are_listed(sims: simulators.Simulators, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{sims.openai_url}/models", headers=KEY) as response:
        assert (await response.json())["object"] == "list"


Kind = behaviours.FaultKind


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (behaviours.Fault(kind=Kind.REFUSE, status=503), APIStatusError),
        (behaviours.Fault(kind=Kind.STATUS, status=429), APIStatusError),
        (behaviours.Fault(kind=Kind.STALL), APITimeoutError),
        (behaviours.Fault(kind=Kind.STALL, after_messages=3), APITimeoutError),
        (behaviours.Fault(kind=Kind.CUT), APIConnectionError),
        (behaviours.Fault(kind=Kind.CUT, after_messages=3), APIConnectionError),
        (behaviours.Fault(kind=Kind.GARBAGE, after_messages=1), APIConnectionError),
    ],
)
async def test_a_fault_is_the_plugins_error(
    sims: simulators.Simulators, fault: behaviours.Fault, error: type[APIError]
) -> None:
    sims.behave(OPENAI, behaviours.Behaviour(fault=fault))
    with pytest.raises(error) as raised:
        await ask(sims, "When are you open?")
    if isinstance(raised.value, APIStatusError):
        assert raised.value.status_code == fault.status


async def test_the_first_token_waits_for_the_delay(sims: simulators.Simulators) -> None:
    sims.behave(OPENAI, behaviours.Behaviour(first_ms=200, interval_ms=20))
    clock = asyncio.get_running_loop()
    asked_at = clock.time()
    await ask(sims, "When are you open?")
    assert clock.time() - asked_at >= 0.2 + 0.02 * len(HOURS.split())

"""A scripted flow in the place of a language model."""

from __future__ import annotations

import json
from typing import Any

from livekit import agents
from livekit.agents import llm, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr

from sip_config.flows import flows

_ROLES = {"user": flows.Role.USER, "assistant": flows.Role.ASSISTANT}


class FlowLLM(llm.LLM[None]):
    """Answers from a flow. Keeps nothing between requests, so any number of calls may share it."""

    def __init__(self, flow: flows.Flow, *, name: str = "flow") -> None:
        super().__init__()
        self._flow = flow
        self._name = name

    @property
    def model(self) -> str:
        return self._name

    @property
    def provider(self) -> str:
        return "offline"

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: agents.APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> FlowStream:
        choice = tool_choice if isinstance(tool_choice, str) else "auto"
        return FlowStream(self, self._flow, choice, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class FlowStream(llm.LLMStream):
    """One reply, word by word, then the tool call, then the usage (words in place of tokens)."""

    def __init__(
        self,
        owner: FlowLLM,
        flow: flows.Flow,
        tool_choice: str,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        conn_options: agents.APIConnectOptions,
    ) -> None:
        super().__init__(owner, chat_ctx=chat_ctx, tools=tools, conn_options=conn_options)
        self._flow = flow
        self._tool_choice = tool_choice

    async def _run(self) -> None:
        conversation = messages(self._chat_ctx)
        reply = self._flow.reply(conversation, llm.ToolContext(self._tools).function_tools, self._tool_choice)
        request_id = utils.shortuuid("flow_")
        words = reply.text.split()
        for index, word in enumerate(words):
            text = word if index == 0 else f" {word}"
            self._send(request_id, llm.ChoiceDelta(role="assistant", content=text))
        if reply.call is not None:
            call = llm.FunctionToolCall(
                name=reply.call.name,
                arguments=json.dumps(dict(reply.call.arguments)),
                call_id=utils.shortuuid("call_"),
            )
            self._send(request_id, llm.ChoiceDelta(role="assistant", tool_calls=[call]))
        asked = sum(len(message.text.split()) for message in conversation)
        usage = llm.CompletionUsage(prompt_tokens=asked, completion_tokens=len(words), total_tokens=asked + len(words))
        self._event_ch.send_nowait(llm.ChatChunk(id=request_id, usage=usage))

    def _send(self, request_id: str, delta: llm.ChoiceDelta) -> None:
        self._event_ch.send_nowait(llm.ChatChunk(id=request_id, delta=delta))


def messages(chat_ctx: llm.ChatContext) -> list[flows.FlowMessage]:
    """What a flow needs of a conversation: what was said, and what tools returned."""
    found = []
    for item in chat_ctx.items:
        if isinstance(item, llm.ChatMessage) and item.role in _ROLES:
            found.append(flows.FlowMessage(role=_ROLES[item.role], text=item.text_content or ""))
        elif isinstance(item, llm.FunctionCallOutput):
            result = flows.FlowMessage(role=flows.Role.RESULT, text=item.output, tool=item.name, is_error=item.is_error)
            found.append(result)
    return found

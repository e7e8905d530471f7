"""Messages of OpenAI's chat completions: what is asked for, and what is answered.

Shapes as of https://platform.openai.com/docs/api-reference/chat and .../chat-streaming.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Literal

import pydantic

from lab.providers import lines, repliers

MAX_MESSAGES = 2000
"""An hour of talk is about 500."""
_ARGUMENT_PIECE = 12
"""Characters of a call's arguments in one message."""
_TOKEN = re.compile(r"\S+\s*")


class _Edge(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)


class Part(_Edge):
    """A piece of a message's content; only text counts."""

    type: str
    text: str = ""


class CalledFunction(_Edge):
    name: str
    arguments: str = ""


class Called(_Edge):
    """A tool call of an earlier answer."""

    id: str
    function: CalledFunction


class ChatMessage(_Edge):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | tuple[Part, ...] | None = None
    tool_calls: tuple[Called, ...] = ()
    tool_call_id: str = ""

    @property
    def text(self) -> str:
        if isinstance(self.content, tuple):
            return "".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class Function(_Edge):
    name: str = pydantic.Field(max_length=64)


class Tool(_Edge):
    type: Literal["function"]
    function: Function


class StreamOptions(_Edge):
    include_usage: bool = False


class Request(_Edge):
    """The body of a request. What is not listed is accepted and changes nothing."""

    model: str = pydantic.Field(max_length=100)
    messages: tuple[ChatMessage, ...] = pydantic.Field(min_length=1, max_length=MAX_MESSAGES)
    stream: bool = False
    stream_options: StreamOptions | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: str | dict[str, object] = "auto"

    @property
    def tool_names(self) -> frozenset[str]:
        """The tools that may be called."""
        return frozenset() if self.tool_choice == "none" else frozenset(tool.function.name for tool in self.tools)

    def conversation(self) -> list[repliers.Message]:
        """The messages as repliers take them."""
        names = {call.id: call.function.name for message in self.messages for call in message.tool_calls}
        return [
            repliers.Message(
                role=repliers.Role.SYSTEM if message.role == "developer" else repliers.Role(message.role),
                text=message.text,
                tool=names.get(message.tool_call_id, ""),
            )
            for message in self.messages
        ]


class Answer:
    """One answer of the model, as it goes over the wire."""

    def __init__(self, request: Request, reply: repliers.Reply, created: int) -> None:
        self._request = request
        self._reply = reply
        self._head: lines.Message = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "created": created,
            "model": request.model,
        }
        self._calls = [
            (f"call_{uuid.uuid4().hex[:24]}", call.name, json.dumps(dict(call.arguments))) for call in reply.tool_calls
        ]
        self._finish = "tool_calls" if self._calls else "stop"

    def whole(self) -> lines.Message:
        """The answer in one document."""
        calls = [
            {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}
            for identity, name, arguments in self._calls
        ]
        message = {"role": "assistant", "content": self._reply.text or None} | ({"tool_calls": calls} if calls else {})
        choice = {"index": 0, "message": message, "finish_reason": self._finish}
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": self._usage()}

    def chunks(self) -> Iterator[lines.Message]:
        """The answer as it is streamed: role, words, calls, the reason to stop, and the usage if asked for."""
        yield self._chunk({"role": "assistant", "content": ""})
        for token in _TOKEN.findall(self._reply.text):
            yield self._chunk({"content": token})
        for index, (identity, name, arguments) in enumerate(self._calls):
            function: dict[str, str] = {"name": name, "arguments": ""}
            call = {"index": index, "id": identity, "type": "function", "function": function}
            yield self._chunk({"tool_calls": [call]})
            for begin in range(0, len(arguments), _ARGUMENT_PIECE):
                piece = {"arguments": arguments[begin : begin + _ARGUMENT_PIECE]}
                yield self._chunk({"tool_calls": [{"index": index, "function": piece}]})
        yield self._chunk({}, finish_reason=self._finish)
        if self._request.stream_options and self._request.stream_options.include_usage:
            yield {**self._head, "object": "chat.completion.chunk", "choices": [], "usage": self._usage()}

    def _chunk(self, delta: lines.Message, finish_reason: str | None = None) -> lines.Message:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return {**self._head, "object": "chat.completion.chunk", "choices": [choice]}

    def _usage(self) -> dict[str, int]:
        """Tokens, counted as words."""
        asked = sum(len(_TOKEN.findall(message.text)) for message in self._request.messages)
        said = len(_TOKEN.findall(self._reply.text)) + sum(len(_TOKEN.findall(call[2])) + 1 for call in self._calls)
        return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}

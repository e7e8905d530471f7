"""What the simulated model answers: a port, and two ways to fill it."""

from __future__ import annotations

import dataclasses
import enum
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from sip_config.flows import flows

Arguments = Mapping[str, str | int | float | bool]


class Role(enum.StrEnum):
    """Who a message is from."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
    """One item of the conversation."""

    role: Role
    text: str
    """What was said, or what a tool returned."""
    tool: str = ""
    """The tool's name, for its result."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A tool to be called."""

    name: str
    arguments: Arguments = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reply:
    """What the model says, and the tools it calls with it."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()


class Replier(Protocol):
    """Answers conversations."""

    def reply(self, messages: Sequence[Message], tools: frozenset[str]) -> Reply:
        """The answer to the last message.

        Args:
            messages: the conversation, oldest first.
            tools: names of the tools on offer.
        """


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """What to answer when the caller's words match."""

    heard: re.Pattern[str]
    """Searched in the last user message."""
    say: str = ""
    call: ToolCall | None = None
    """Called if it is on offer."""
    then: str = ""
    """Said once the tool has returned; `{result}` stands for what it returned."""


class Scripted:
    """Answers by the first rule that matches; the same conversation always gets the same answer."""

    def __init__(self, rules: Iterable[Rule] = (), otherwise: str = "I see.") -> None:
        self._rules = tuple(rules)
        self._otherwise = otherwise

    def reply(self, messages: Sequence[Message], tools: frozenset[str]) -> Reply:
        spoken = next((item.text for item in reversed(messages) if item.role is Role.USER), "")
        rule = next((rule for rule in self._rules if rule.heard.search(spoken)), None)
        if rule is None:
            return Reply(text=self._otherwise)
        if messages[-1].role is Role.TOOL:
            return Reply(text=rule.then.replace("{result}", messages[-1].text) or self._otherwise)
        if rule.call is not None and rule.call.name in tools:
            return Reply(text=rule.say, tool_calls=(rule.call,))
        return Reply(text=rule.say or self._otherwise)


class Flowing:
    """Answers by a flow file of the product, as its own offline model does."""

    def __init__(self, flow: flows.Flow) -> None:
        self._flow = flow

    def reply(self, messages: Sequence[Message], tools: frozenset[str]) -> Reply:
        answer = self._flow.reply([_flow_message(item) for item in messages if item.role is not Role.SYSTEM], tools)
        calls = (ToolCall(name=answer.call.name, arguments=answer.call.arguments),) if answer.call else ()
        return Reply(text=answer.text, tool_calls=calls)


def _flow_message(message: Message) -> flows.FlowMessage:
    match message.role:
        case Role.USER:
            return flows.FlowMessage(role=flows.Role.USER, text=message.text)
        case Role.TOOL:
            failed = _is_error(message.text)
            return flows.FlowMessage(role=flows.Role.RESULT, text=message.text, tool=message.tool, is_error=failed)
        case _:
            return flows.FlowMessage(role=flows.Role.ASSISTANT, text=message.text)


def _is_error(result: str) -> bool:
    """Whether a tool's result is a JSON object with an `error`: chat completions have no flag for a failed tool."""
    try:
        document = json.loads(result)
    except ValueError:
        return False
    return isinstance(document, dict) and "error" in document

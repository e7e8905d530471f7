"""Scripted conversations: a reply from a flow file, with no model behind it.

A flow keeps nothing between replies. Each time it replays everything the caller has said from the start state and
answers the last item, so the same messages always get the same reply, whoever asks and however often: retries, replies
generated ahead of time, interruptions and several calls sharing one flow need no care.
"""

from __future__ import annotations

import dataclasses
import enum
import itertools
import json
import pathlib
from collections.abc import Collection, Iterator, Mapping, Sequence

from sip_config.flows import flow_schema, flow_scripts


class Role(enum.StrEnum):
    """Where a message comes from."""

    USER = "user"
    ASSISTANT = "assistant"
    RESULT = "result"


@dataclasses.dataclass(frozen=True, kw_only=True)
class FlowMessage:
    """One item of the conversation so far. Calls themselves need not be listed, only their results."""

    role: Role
    text: str
    """What was said, or what the tool returned."""
    tool: str = ""
    """The tool's name, for a result."""
    is_error: bool = False
    """The tool failed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A tool the flow wants called."""

    name: str
    arguments: Mapping[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class FlowReply:
    """What to say (may be empty after a tool's result), and a tool to call once it is said."""

    text: str
    call: ToolCall | None = None


class Flow:
    """A flow file, ready to answer."""

    def __init__(self, document: flow_schema.Document) -> None:
        self._document = document
        self._script = flow_scripts.compile_document(document)

    @classmethod
    def load(cls, path: pathlib.Path) -> Flow:
        """Read a file.

        Raises:
            errors.ConfigurationInvalid: every problem with file, line and column.
            OSError: the file cannot be read.
        """
        return cls.parse(path.read_text(encoding="utf-8"), path.name)

    @classmethod
    def parse(cls, text: str, name: str) -> Flow:
        """A flow from its YAML; `name` stands in errors. Raises as `load`."""
        return cls(flow_schema.parse(text, name))

    def reply(
        self, messages: Sequence[FlowMessage], tools: Collection[str] = (), tool_choice: str = "auto"
    ) -> FlowReply:
        """The answer to the last message.

        Args:
            messages: the conversation, oldest first.
            tools: names of the tools on offer; a call to any other becomes the rule's `no_tool` text.
            tool_choice: "none" takes the offer back; other values change nothing.
        """
        return _Replay(self._script, () if tool_choice == "none" else tools).run(messages)

    def phrases(self) -> tuple[str, ...]:
        """Every phrase, slot word and example a caller may say, for a recogniser's language model."""
        found: list[str] = [*self._document.examples]
        patterns = [self._document.slots, *(state.slots for state in self._document.states.values())]
        for _, action in flow_schema.actions(self._document):
            if isinstance(action, flow_schema.Rule):
                found += [*action.examples, *(phrase.replace("*", "") for phrase in action.any)]
        for slots in patterns:
            for pattern in slots.values():
                found += flow_scripts.literals(pattern)
        return tuple(dict.fromkeys(phrase.strip() for phrase in found if phrase.strip()))

    def tools(self) -> frozenset[str]:
        """The tools that rules may call."""
        return frozenset(action.call.tool for _, action in flow_schema.actions(self._document) if action.call)


class _Replay:
    """One pass over a conversation."""

    def __init__(self, script: flow_scripts.Script, tools: Collection[str]) -> None:
        self._script = script
        self._tools = tools
        self._state = script.states[script.start]
        self._slots: dict[str, str] = {}
        self._misses = 0
        self._last = ""
        """What the caller was told before, for {last}."""

    def run(self, messages: Sequence[FlowMessage]) -> FlowReply:
        reply: FlowReply | None = None
        for message, results in _turns(messages):
            if message.role is Role.USER:
                reply = self._answer(message.text, results)
                self._last = reply.text or self._last
            elif reply is None:
                self._last = message.text
        if reply is None or messages[-1].role is Role.ASSISTANT:
            return FlowReply(text=self._say(self._state.say) or self._last)
        return reply

    def _answer(self, text: str, results: Sequence[FlowMessage]) -> FlowReply:
        heard = flow_scripts.words(text)
        fresh = self._fill(heard)
        for rule in self._state.rules:
            if rule.matches(heard, self._slots, fresh):
                self._misses = 0
                return self._perform(rule.action, results)
        self._misses += 1
        choices = self._state.fallback
        return self._perform(choices[min(self._misses, len(choices)) - 1], results)

    def _fill(self, heard: str) -> set[str]:
        """Take what the words say of slots; the names of those filled."""
        fresh = set()
        for name, pattern in self._state.slots.items():
            if match := pattern.search(heard):
                self._slots[name] = next((group for group in match.groups() if group), match.group()).strip()
                fresh.add(name)
        return fresh

    def _perform(self, action: flow_schema.Action, results: Sequence[FlowMessage], entered: int = 0) -> FlowReply:
        if action.call is not None:
            return self._perform_call(action, action.call, results)
        text = self._say(action.say)
        self._move(action)
        return FlowReply(text=text) if action.say is not None else self._enter(results, entered)

    def _enter(self, results: Sequence[FlowMessage], entered: int) -> FlowReply:
        """The reply of the state just entered: a rule that has all its slots already, else the state's own words."""
        for rule in self._state.rules:
            ready = rule.heard is None and rule.matches("", self._slots, self._slots)
            if ready and entered < len(self._script.states):
                return self._perform(rule.action, results, entered + 1)
        return FlowReply(text=self._say(self._state.say))

    def _perform_call(
        self, action: flow_schema.Action, call: flow_schema.Call, results: Sequence[FlowMessage]
    ) -> FlowReply:
        said = self._say(action.say)
        result = next((item for item in results if item.tool == call.tool), None)
        if result is not None:
            default = self._script.failed if result.is_error else flow_schema.Step()
            step = (action.failed if result.is_error else action.then) or default
            return FlowReply(text=self._conclude(action, step, _fields(result.text)))
        if call.tool not in self._tools:
            text = self._conclude(action, action.no_tool or self._script.no_tool, {})
            return FlowReply(text=f"{said} {text}".strip())
        arguments = {name: self._say(value) for name, value in call.args.items()}
        self._move(action)
        return FlowReply(text=said, call=ToolCall(name=call.tool, arguments=arguments))

    def _conclude(self, action: flow_schema.Action, outcome: flow_schema.Step, fields: Mapping[str, str]) -> str:
        """The words for a call's outcome, after which the flow is where action and outcome lead."""
        text = self._say(outcome.say, fields)
        self._move(action)
        self._move(outcome)
        return text or (self._say(self._state.say) if outcome.goto else "")

    def _move(self, step: flow_schema.Step) -> None:
        self._state = self._script.states[step.goto] if step.goto else self._state
        for slot in step.forget:
            self._slots.pop(slot, None)

    def _say(self, text: str | None, fields: Mapping[str, str] | None = None) -> str:
        values = {flow_schema.LAST: self._last, **self._slots, **(fields or {})}
        filled = flow_schema.PLACEHOLDER.sub(lambda match: values.get(match[1], ""), text or "")
        return " ".join(filled.split())


def _turns(messages: Sequence[FlowMessage]) -> Iterator[tuple[FlowMessage, Sequence[FlowMessage]]]:
    """Each message that is not a tool's result, with the results that follow it before the caller speaks again."""
    for index, message in enumerate(messages):
        if message.role is not Role.RESULT:
            until_spoken = itertools.takewhile(lambda later: later.role is not Role.USER, messages[index + 1 :])
            yield message, [later for later in until_spoken if later.role is Role.RESULT]


def _fields(output: str) -> dict[str, str]:
    """The fields of a tool's result, when it is a JSON object."""
    try:
        found = json.loads(output)
    except ValueError:
        return {}
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}

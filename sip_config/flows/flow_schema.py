r"""The shape of a flow file, and every mistake in it that can be told before a call.

```yaml
start: main
slots: {day: '(monday|tuesday)', name: 'my name is (\w+)'}             # the first group, else the whole match
first: [{any: ["goodbye"], say: "Goodbye!", call: {tool: end_call}}]    # tried before the state's own rules
always: [{any: ["hours"], say: "We are open from nine to five."}]       # tried after them
states:
  main:
    say: "How can I help you?"
    rules: [{any: ["book*", "an appointment"], goto: booking}]
  booking:
    say: "What day suits you?"                   # said on entry by a `goto` without its own `say`
    rules: [{need: [day], say: "{day} it is.", goto: main}]
fallback: ["Sorry?", "I can book appointments."] # by misses in a row
examples: ["I would like to book for Tuesday"]   # more of what callers say, for the offline recogniser
```
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import pydantic

from callcore import errors
from sip_config import problems
from sip_config.checking import validation
from sip_config.reading import documents

Text = Annotated[str, pydantic.StringConstraints(strict=True, min_length=1)]

PLACEHOLDER = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"\w")
_PARSER: Any = importlib.import_module("re._parser")  # not public, and the only way to ask how short a match may be
LAST = "last"
"""The placeholder for what was said before, for "could you repeat that?"."""


class _Shape(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Call(_Shape):
    """A tool to call, if it is offered; texts in `args` may hold {slot}s."""

    tool: Text
    args: dict[Text, Text] = {}


class Step(_Shape):
    """Something to say, and where to be afterwards."""

    say: Text | None = None
    goto: Text | None = None
    forget: list[Text] = []


def _from_text(value: object) -> object:
    return {"say": value} if isinstance(value, str) else value


Outcome = Annotated[Step, pydantic.BeforeValidator(_from_text)]
"""A step, or just the text to say."""


class Action(Step):
    """A step that may call a tool, and what to say of its result; result fields of a JSON object are {fields}."""

    call: Call | None = None
    then: Outcome | None = None
    failed: Outcome | None = None
    no_tool: Outcome | None = None


Fallback = Annotated[Action, pydantic.BeforeValidator(_from_text)]


class Rule(Action):
    """An action, and what must have been heard for it."""

    any: list[Text] = []
    need: list[Text] = []
    examples: list[Text] = []


class State(_Shape):
    """One point of the conversation. Its slots are looked for only here."""

    say: Text | None = None
    slots: dict[Text, Text] = {}
    rules: list[Rule] = []
    fallback: list[Fallback] = []


class Document(_Shape):
    """A whole flow file."""

    start: Text
    slots: dict[Text, Text] = {}
    first: list[Rule] = []
    always: list[Rule] = []
    states: Annotated[dict[Text, State], pydantic.Field(min_length=1)]
    fallback: Annotated[list[Fallback], pydantic.Field(min_length=1)]
    no_tool: Outcome = Step(say="I'm sorry, I can't do that on this line.")
    failed: Outcome = Step(say="I'm sorry, that did not work.")
    examples: list[Text] = []

    @functools.cached_property
    def slot_names(self) -> frozenset[str]:
        """Every slot, of the flow and of its states."""
        return frozenset({*self.slots, *(slot for state in self.states.values() for slot in state.slots)})


def parse(text: str, name: str) -> Document:
    """The checked document.

    Raises:
        errors.ConfigurationInvalid: every problem, each as `file:line:column path: message`.
    """
    document, found = check(documents.read(text, name))
    if document is None or found:
        raise errors.ConfigurationInvalid(problems.written(found))
    return document


def check(source: documents.Document) -> tuple[Document | None, list[problems.Problem]]:
    """The flow in a document, or None, and every problem."""
    document, found = validation.check(source, Document)
    if document is not None:
        meant = (source.problem(path, message) for path, message in _meaning_problems(document))
        found += problems.bounded(meant)
    return document, found


_Finding = tuple[problems.Path, str]


def _meaning_problems(document: Document) -> Iterator[_Finding]:
    if document.start not in document.states:
        yield ("start",), f"there is no state `{document.start}`{problems.nearest(document.start, document.states)}"
    yield from _bad_patterns(document.slots, ("slots",))
    for name, state in document.states.items():
        yield from _bad_patterns(state.slots, ("states", name, "slots"))
        yield from _bad_text(document, state.say, ("states", name, "say"))
    for path, action in actions(document):
        yield from _action_problems(document, action, path)


def actions(document: Document) -> Iterator[tuple[problems.Path, Action]]:
    """Every rule and fallback action, with its path."""
    blocks: list[tuple[problems.Path, Sequence[Action]]] = [
        (("first",), document.first),
        (("always",), document.always),
        (("fallback",), document.fallback),
    ]
    for name, state in document.states.items():
        blocks.append((("states", name, "rules"), state.rules))
        blocks.append((("states", name, "fallback"), state.fallback))
    for path, items in blocks:
        for index, item in enumerate(items):
            yield (*path, index), item


def _bad_patterns(slots: Mapping[str, str], path: problems.Path) -> Iterator[_Finding]:
    for name, pattern in slots.items():
        try:
            re.compile(pattern)
            shortest, _ = _PARSER.parse(pattern).getwidth()
        except re.error as error:
            yield (*path, name), f"not a regular expression: {error}"
        except (OverflowError, RecursionError, MemoryError):
            yield (*path, name), "not a regular expression that can be used: too many repetitions or parentheses"
        else:
            # Not tried on empty text: that alone can take for ever.
            if shortest == 0:
                yield (*path, name), "this regular expression matches empty text, so the slot would always be filled"


def _bad_text(document: Document, text: str | None, path: problems.Path) -> Iterator[_Finding]:
    for name in PLACEHOLDER.findall(text or ""):
        if name not in document.slot_names and name != LAST:
            yield path, f"{{{name}}} is no slot{problems.nearest(name, {*document.slot_names, LAST})}"


def _step_problems(document: Document, step: Step, path: problems.Path) -> Iterator[_Finding]:
    if step.goto is not None and step.goto not in document.states:
        yield (*path, "goto"), f"there is no state `{step.goto}`{problems.nearest(step.goto, document.states)}"
    elif step.goto is not None and step.say is None and document.states[step.goto].say is None:
        yield (*path, "goto"), f"nothing would be said: give this a `say`, or one to the state `{step.goto}`"
    for slot in step.forget:
        if slot not in document.slot_names:
            yield (*path, "forget"), f"`{slot}` has no regular expression under `slots`"


def _action_problems(document: Document, action: Action, path: problems.Path) -> Iterator[_Finding]:
    yield from _step_problems(document, action, path)
    yield from _bad_text(document, action.say, (*path, "say"))
    if action.say is None and action.goto is None and action.call is None:
        yield path, "this does nothing: give it `say`, `goto` or `call`"
    for name, step in (("then", action.then), ("failed", action.failed), ("no_tool", action.no_tool)):
        if step is None:
            continue
        yield from _step_problems(document, step, (*path, name))
        if action.call is None:
            yield (*path, name), "there is no `call` whose result this could answer"
    for name, value in (action.call.args if action.call else {}).items():
        yield from _bad_text(document, value, (*path, "call", "args", name))
    if isinstance(action, Rule):
        yield from _rule_problems(document, action, path)


def _rule_problems(document: Document, rule: Rule, path: problems.Path) -> Iterator[_Finding]:
    if not rule.any and not rule.need:
        yield path, "this would match everything: give it `any` or `need`"
    for index, phrase in enumerate(rule.any):
        if not _WORD.search(phrase):
            yield (*path, "any", index), "there is no word in this phrase"
    slots = document.slot_names
    for slot in rule.need:
        if slot not in slots:
            yield (*path, "need"), f"`{slot}` has no regular expression under `slots`{problems.nearest(slot, slots)}"

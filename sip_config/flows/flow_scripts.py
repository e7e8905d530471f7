"""A flow compiled for replaying: what a phrase, a slot and a rule match in what a caller said."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence

from sip_config.flows import flow_schema

_NOT_WORDS = re.compile(r"[^\w'*]+")
_NOT_SPOKEN = re.compile(r"\\.|\[[^\]]*\]|\(\?(?:P?<\w+>|[:=!])?|\{[^}]*\}|[?*+^$.]")
"""What of a regular expression is no word that somebody says."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """What must have been heard for an action."""

    action: flow_schema.Action
    heard: re.Pattern[str] | None
    need: frozenset[str]

    def matches(self, text: str, slots: Mapping[str, str], fresh: Collection[str]) -> bool:
        """Whether the words and slots are there; a rule without words waits for a slot to be filled just now."""
        if not self.need <= slots.keys():
            return False
        return bool(self.heard.search(text)) if self.heard else not self.need.isdisjoint(fresh)


@dataclasses.dataclass(frozen=True, kw_only=True)
class State:
    """One point of the conversation, with the rules and slots that hold there."""

    say: str
    slots: Mapping[str, re.Pattern[str]]
    """Of the whole flow and this state's own."""
    rules: Sequence[Rule]
    """Those of `first`, its own, and those of `always`."""
    fallback: Sequence[flow_schema.Action]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Script:
    """A whole flow."""

    start: str
    states: Mapping[str, State]
    no_tool: flow_schema.Step
    failed: flow_schema.Step


def compile_document(document: flow_schema.Document) -> Script:
    """The script of a checked document."""
    first, always = [_rule(rule) for rule in document.first], [_rule(rule) for rule in document.always]
    return Script(
        start=document.start,
        states={
            name: State(
                say=state.say or "",
                slots={slot: re.compile(p, re.IGNORECASE) for slot, p in {**document.slots, **state.slots}.items()},
                rules=[*first, *map(_rule, state.rules), *always],
                fallback=state.fallback or document.fallback,
            )
            for name, state in document.states.items()
        },
        no_tool=document.no_tool,
        failed=document.failed,
    )


def _rule(rule: flow_schema.Rule) -> Rule:
    phrases = "|".join(_phrase(phrase) for phrase in rule.any)
    heard = re.compile(rf"(?<![\w'])(?:{phrases})(?![\w'])", re.IGNORECASE) if phrases else None
    return Rule(action=rule, heard=heard, need=frozenset(rule.need))


def _phrase(phrase: str) -> str:
    """The regular expression of a phrase; a star at a word's end stands for any ending."""
    return re.sub(r"\\\*", r"[\\w']*", " ".join(map(re.escape, words(phrase).split())))


def words(text: str) -> str:
    """The words, case kept, with single spaces and no punctuation but apostrophes and stars."""
    return _NOT_WORDS.sub(" ", text.replace("’", "'")).strip()


def literals(pattern: str) -> list[str]:
    """The words written out in a regular expression."""
    return [part.strip() for part in re.split(r"[|()]", _NOT_SPOKEN.sub("", pattern)) if part.strip()]

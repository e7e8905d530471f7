"""A wrong flow is told with file, line and column, and all its problems at once."""

from __future__ import annotations

import pathlib

import pytest

from callcore import errors
from sip_config.flows import flows

pytestmark = pytest.mark.unit

GOOD = "start: a\nstates:\n  a:\n    say: Hello\nfallback: [Sorry?]\n"


def problems(text: str) -> list[str]:
    with pytest.raises(errors.ConfigurationInvalid) as caught:
        flows.Flow.parse(text, "x.yaml")
    return list(caught.value.problems)


def rule(text: str) -> str:
    return GOOD + f"always:\n  - {text}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rule('{any: [hi], goto: b, say: "x"}'), "x.yaml:7:17 always.0.goto: there is no state `b`"),
        (rule('{any: [hi], need: [day], say: "x"}'), "always.0.need: `day` has no regular expression"),
        (rule("{any: [hi], say: [x]}"), "x.yaml:7:17 always.0.say: must be text"),
        (rule("{any: [hi, {a: b}], say: x}"), "x.yaml:7:16 always.0.any.1: must be text"),
        (rule("{any: [hi], say: }"), "always.0: this does nothing"),
        (rule("{any: [hi], sya: x}"), "always.0.sya: unknown key (did you mean `say`?)"),
        (rule("{any: [hi], say: '{dya}'}"), "always.0.say: {dya} is no slot"),
        (rule("{say: x}"), "this would match everything"),
        (rule("{any: ['...'], say: x}"), "always.0.any.0: there is no word in this phrase"),
        (rule("{any: [hi], say: x, then: y}"), "always.0.then: there is no `call`"),
        (rule("{any: [hi], call: {tool: t}, then: {say: y, goto: b}}"), "always.0.then.goto: there is no state `b`"),
        (rule("{any: [hi], say: x, forget: [day]}"), "always.0.forget: `day` has no regular expression"),
        (GOOD + "slots: {day: '('}", "x.yaml:6:9 slots.day: not a regular expression"),
        (GOOD + "slots: {day: 'x*'}", "slots.day: this regular expression matches empty text"),
        (GOOD + "slots: {day: }", "slots.day: is empty"),
        (GOOD.replace("start: a", "start: aa"), "x.yaml:1:1 start: there is no state `aa` (did you mean `a`?)"),
        (GOOD.replace("    say: Hello", "    rules: [{any: [hi], goto: a}]"), "nothing would be said"),
        (GOOD.replace("fallback: [Sorry?]", ""), "fallback: is missing"),
        (GOOD + "start: b", "x.yaml:6:1 start: given twice"),
        ("a: [", "x.yaml:1:5 not valid YAML"),
        ("\ta: 1", "x.yaml:1:1 not valid YAML"),
        ("", "x.yaml:1:1 the file is empty"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: !!python/object:os.system x", "tags"),
        ("[" * 500, "nested too deeply"),
    ],
)
def test_each_mistake_is_named_where_it_stands(text: str, expected: str) -> None:
    found = problems(text)
    assert any(expected in problem for problem in found), found


def test_all_problems_are_told_at_once() -> None:
    found = problems(GOOD + "always:\n  - {any: [hi], goto: b}\n  - {need: [day], say: x}\n")
    assert len(found) == 2


@pytest.mark.parametrize("word", ["yes", "no", "true", "off", "9"])
def test_no_word_needs_quotes(word: str) -> None:
    flow = flows.Flow.parse(rule(f"{{any: [{word}], say: {word}}}"), "x.yaml")
    assert flow.reply([flows.FlowMessage(role=flows.Role.USER, text=word)]).text == word


def test_a_file_is_told_by_its_name(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "front-desk.flow.yaml"
    path.write_text("start: a\n")
    with pytest.raises(errors.ConfigurationInvalid) as caught:
        flows.Flow.load(path)
    assert {problem.split(":")[0] for problem in caught.value.problems} == {"front-desk.flow.yaml"}

"""A scenario file is read, or refused with the place of every mistake."""

from __future__ import annotations

import pathlib

import pytest

from callcore import errors
from lab import speech
from lab.scenarios import scripts

pytestmark = pytest.mark.unit

SMALLEST = """\
name: Hello
number: "+12015550100"
caller: "+12015550123"
greeting_within_ms: 1500
turns: [{say: Hello}]
ended_by: caller
"""


def write(folder: pathlib.Path, text: str) -> pathlib.Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


def problems(folder: pathlib.Path, text: str) -> tuple[str, ...]:
    with pytest.raises(errors.ConfigurationInvalid) as refused:
        scripts.load(write(folder, text))
    return refused.value.problems


def test_the_smallest_scenario_has_defaults(tmp_path: pathlib.Path) -> None:
    script = scripts.load(write(tmp_path, SMALLEST))
    assert script.voice is speech.Voice.RMS
    assert script.turns == (scripts.Line(say="Hello"),)
    assert script.turns[0].interrupt_after_ms is None


def test_the_built_in_scenario_interrupts_and_says_goodbye() -> None:
    script = scripts.built_in("front-desk")
    assert len(script.turns) >= 4
    assert [line.interrupt_after_ms is not None for line in script.turns].count(True) == 1
    assert script.ended_by == "agent"


@pytest.mark.parametrize("name", ["nowhere", "../scenarios/front-desk", ""])
def test_an_unknown_built_in_scenario_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(errors.ConfigurationInvalid, match=f"no scenario {name}, only front-desk"):
        scripts.built_in(name)


def test_every_mistake_is_named(tmp_path: pathlib.Path) -> None:
    text = SMALLEST.replace("name: Hello\n", "").replace("{say: Hello}", "{say: Hello}, {says: Hi}")
    assert problems(tmp_path, text.replace("ended_by: caller", "ended_by: nobody")) == (
        "mine.yaml: name: Field required",
        "mine.yaml: turns.1.say: Field required",
        "mine.yaml: turns.1.says: Extra inputs are not permitted",
        "mine.yaml: ended_by: Input should be 'agent' or 'caller'",
    )


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("turns: [{say: Hello}]", "turns: []", "turns"),
        ("greeting_within_ms: 1500", "greeting_within_ms: -1", "greeting_within_ms"),
        ("say: Hello", "say: Hello, interrupt_after_ms: soon", "turns.0.interrupt_after_ms"),
        ("say: Hello", "say: Hello, agent_says: monday", "turns.0.agent_says"),
        ("name: Hello", "name: Hello\nvoice: loud", "voice"),
        ('"+12015550123"', "12015550123", "caller"),  # without quotes YAML takes it for a number
    ],
)
def test_the_place_of_a_mistake_is_told(old: str, new: str, place: str, tmp_path: pathlib.Path) -> None:
    problem, *_ = problems(tmp_path, SMALLEST.replace(old, new))
    assert problem.startswith(f"mine.yaml: {place}: ")


@pytest.mark.parametrize("text", ["", "- a list", "just text"])
def test_what_is_no_mapping_is_refused(text: str, tmp_path: pathlib.Path) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("mine.yaml: Input should be a valid dictionary")


@pytest.mark.parametrize("text", ["name: [", "name: a\nname: b\n", "\tname: a"])
def test_what_is_no_yaml_is_refused_with_its_line(text: str, tmp_path: pathlib.Path) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("mine.yaml: ")
    assert "line " in problem


def test_a_file_that_cannot_be_read_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.ConfigurationInvalid, match=r"gone\.yaml: No such file"):
        scripts.load(tmp_path / "gone.yaml")
    (tmp_path / "mine.yaml").write_bytes(b"name: \xff\n")
    with pytest.raises(errors.ConfigurationInvalid, match="not text in UTF-8"):
        scripts.load(tmp_path / "mine.yaml")

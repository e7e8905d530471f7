"""Conditions: what they can ask, what is refused, and that none of them takes long."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip_config import conditions

pytestmark = pytest.mark.unit

FACTS = conditions.Facts(
    is_business_hours=True,
    now=dt.datetime(2026, 3, 6, 14, 30, tzinfo=dt.UTC),
    caller="+12125550199",
    dialed="+12015550100",
)


def mistakes(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(conditions.Invalid) as invalid:
        conditions.compile(text)
    return [(mistake.line, mistake.column, mistake.message) for mistake in invalid.value.mistakes]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("is_business_hours", True),
        ("!is_business_hours", False),
        ('caller.startsWith("+1212") && dialed == "+12015550100"', True),
        ('caller in ["+12125550199", "+12125550198"]', True),
        ('["+1201", "+1646"].exists(prefix, caller.startsWith(prefix))', False),
        (r"caller.matches('^\\+1(201|212)\\d{7}$')", True),
        ('now.getHours("America/New_York") == 9 && now.getDayOfWeek("UTC") == 5', True),
        ('now > timestamp("2026-03-06T14:29:59Z") && now - duration("1h") < now', True),
        ("caller == '' ? false\n  : is_business_hours", True),
    ],
)
def test_what_a_route_needs_can_be_asked(text: str, holds: bool) -> None:
    condition = conditions.compile(text)
    assert condition.ask(FACTS) == conditions.Answer(holds=holds)
    assert condition.holds(FACTS) is holds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0 == 1", "divide by zero"),
        ("timestamp(caller) < now", "conversion"),
        ('now.getHours("Mars/Olympus") == 1', "timezone"),
        ("[1][3] == 1", "index"),
        ("9223372036854775807 + 1 > 0", "overflow"),
    ],
)
def test_a_condition_that_fails_does_not_hold_and_says_why(text: str, words: str) -> None:
    answer = conditions.compile(text).ask(FACTS)
    assert not answer.holds
    assert words in str(answer.failed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("caler == ''", (1, 1, "unknown name `caler` (did you mean `caller`?)")),
        ("true &&\n  nwo > now", (2, 3, "unknown name `nwo` (did you mean `now`?)")),
        ("caller.startWith('+1')", (1, 17, "unknown name `startWith` (did you mean `startsWith`?)")),
        ("caller == 1", (1, 8, "`==` cannot be used with (string, int)")),
        ("(caller == ''", (1, 14, "not a valid condition: missing ')' at the end")),
        ("caller", (1, 1, "must be true or false, and this is string")),
        ("dyn(true)", (1, 1, "must be true or false, and this is dyn")),
        ("", (1, 1, "is empty")),
        (" \n", (1, 1, "is empty")),
        ("true\x00", (1, 5, "a character that does not belong here")),
        ("'\ud800' == ''", (1, 2, "a character that does not belong here")),
        ("__import__('os').system('id') == 0", (1, 11, "unknown name `__import__`")),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, expected: tuple[int, int, str]) -> None:
    assert expected in mistakes(text)


GROWING = "[caller]" + ".map(a, a + a + a + a + a + a + a + a + a + a)" * 8 + "[0] != ''"
NINES = ",".join("9" * 100)
HOSTILE = [
    GROWING,
    GROWING.replace(".map", " . // map\n map"),
    "[" + NINES + "].filter(x, true).size() > 0",
    f"[{NINES}].all(x, [{NINES}].all(y, [{NINES}].all(z, x == y || z < 10)))",
    f"[{NINES}].exists(x, caller.matches('(.?){{99}}'))",
    "caller.matches('(.{0,999})(.{0,999})(.{0,999})')",
    r"caller.matches('.\x7b0,999\x7d')",
    "caller.matches('" + "(.{0,99})" * 60 + "')",
    "(" * 400 + "true" + ")" * 400,
    "[" * 490 + "]" * 490 + " == []",
    "caller" + ".size()" * 130 + " == 1",
    "1" + "+1" * 490 + " == 1",
    "true ? " * 140 + "true",
    "x" * 1_001,
]
HEAVY = [
    "caller.matches('" + "(.{0,99})" * 30 + "$')",
    "caller.matches('" + r"\\pL{99}" * 30 + "$')",
    "caller.matches('" + "((a{1,9}){1,9}){1,9}" * 13 + "')",
    "caller.matches('(a+a+)+b')",
    "[" + ",".join("9" * 450) + "].all(x, x == 9 && caller != dialed)",
    "!" * 900 + "true",
    "true" + " && true" * 120,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_could_run_long_is_refused(text: str) -> None:
    before = time.process_time()
    assert mistakes(text)
    assert time.process_time() - before < 0.5


@pytest.mark.parametrize("text", HEAVY)
def test_what_is_allowed_takes_no_time(text: str) -> None:
    before = time.process_time()
    conditions.compile(text).ask(conditions.Facts(is_business_hours=True, now=FACTS.now, caller="é" * 9_999, dialed=""))
    assert time.process_time() - before < 0.5


def test_facts_that_no_engine_takes_do_no_harm() -> None:
    odd = conditions.Facts(is_business_hours=True, now=FACTS.now, caller="\ud800\x00" * 400, dialed="")
    assert conditions.compile("caller.size() < 300").ask(odd) == conditions.Answer(holds=True)


PIECES = ["caller", "now", "dialed", "is_business_hours", "true", "1", "'a'", "[", "]", "(", ")", "{", "}", ".", ","]
PIECES += [
    "&&",
    "||",
    "!",
    "-",
    "+",
    "==",
    "<",
    "?",
    ":",
    "in ",
    "exists",
    "all",
    "matches",
    "size",
    "x",
    "\\",
    "\n",
    "é",
]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("is_business_hours and caller == ''", [(1, 19, "not a valid condition: `and` is written `&&`")]),
        ("caller == '' or dialed == ''", [(1, 14, "not a valid condition: `or` is written `||`")]),
        ("now > timestamp", [(1, 7, "`timestamp` is a function: write `timestamp(…)`")]),
        ("1" + "+1" * 400 + " > 0", [(1, 1, "nested too deeply, or too many parts")]),
    ],
)
def test_slips_are_told_with_the_cure(text: str, told: list[tuple[int, int, str]]) -> None:
    assert mistakes(text) == told


@settings(max_examples=60)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_any_text_is_a_condition_or_has_mistakes_with_places(text: str) -> None:
    found: tuple[conditions.Mistake, ...] = ()
    try:
        conditions.compile(text).ask(FACTS)
    except conditions.Invalid as invalid:
        found = invalid.mistakes
    assert all(mistake.line >= 1 and mistake.column >= 1 and mistake.message for mistake in found)

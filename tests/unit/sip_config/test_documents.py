"""YAML as text with places: nothing guessed, nothing run, nothing that grows."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip_config import documents

pytestmark = pytest.mark.unit


def test_scalars_keep_the_text_that_was_written() -> None:
    text = "a: +12015550100\nb: NO\nc: on\nd: 09:00\ne: 0123\nf: 1_000\ng: 2026-11-21\nh: 1e3\ni: 'null'\nj: \"~\"\n"
    assert documents.read(text, "a.yaml").data == {
        "a": "+12015550100",
        "b": "NO",
        "c": "on",
        "d": "09:00",
        "e": "0123",
        "f": "1_000",
        "g": "2026-11-21",
        "h": "1e3",
        "i": "null",
        "j": "~",
    }


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL"])
def test_empty_values_mean_nothing(written: str) -> None:
    assert documents.read(f"a: {written}\n", "a.yaml").data == {"a": None}


def test_places_are_those_of_keys_and_items() -> None:
    document = documents.read("top:\n  - one\n  - key: |\n      first line\n", "a.yaml")
    assert (document.place(("top", 0)).line, document.place(("top", 0)).column) == (2, 5)
    key = document.place(("top", 1, "key"))
    assert (key.line, key.column, key.text_line) == (3, 5, 4)
    assert document.place(("top", 1, "nothing", "here")) == document.place(("top", 1))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2\n", "2:1 a: given twice"),
        ("a:\n\t- b\n", "2:1 not valid YAML: found character '\\t' that cannot start any token"),
        ("a: &x 1\nb: *x\n", "2:4 b: aliases (`*name`) are not supported: write the value again"),
        ("a: !!python/object/apply:os.system [id]\n", "1:4 a: tags (`!name`) are not supported"),
        ("a: !!str 1\n", "1:4 a: tags (`!name`) are not supported"),
        ("? [a]\n: 1\n", "1:3 a key must be a word"),
        ("a: 1\n---\nb: 1\n", "3:1 a second document: one file holds one"),
        ("a: [1, 2\n", "2:1 not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: b: c\n", "1:5 not valid YAML: mapping values are not allowed here"),
        ("a: x\x07\n", "1:5 a character that YAML does not allow"),
        ('a: "\\UFFFFFFFF"\n', "1:1 not valid YAML"),
        ("a: " + "[" * 500 + "\n", "1:28 a: nested too deeply"),
        ("- x\n" * 30_000, "20000:3 more than 20000 values in one configuration"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, problem: str) -> None:
    assert [str(found) for found in documents.read(text, "a.yaml").found] == [f"a.yaml:{problem}"]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        "{a: " * 250_000,
        "- " * 500_000,
        "? " * 500_000,
        "&a " * 300_000,
        "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(30_000)),
        'a: "' + "\\x41" * 240_000 + '"',
    ],
)
def test_hostile_text_is_answered_in_bounded_time(text: str) -> None:
    before = time.process_time()
    documents.read(text, "a.yaml")
    assert time.process_time() - before < 3.0


@given(st.text(alphabet=st.sampled_from("ab:-[]{},'\"\\|>&*!%@?#\t\n ~0+\x00\u2028\ufeff"), max_size=60))
def test_any_text_is_read_or_told_about(text: str) -> None:
    document = documents.read(text, "a.yaml")
    assert all(found.line >= 1 and found.column >= 1 for found in document.found)


@given(st.text(max_size=200))
def test_any_unicode_is_read_or_told_about(text: str) -> None:
    documents.read(text, "a.yaml")

"""YAML as text with places: nothing guessed, nothing run, nothing that grows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip_config.reading import documents

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
        ("a:\n\t- b\n", "2:1 not valid YAML: a tab: indent with spaces"),
        ("a: &x 1\nb: *x\n", "2:4 b: aliases (`*name`) are not supported: write the value again"),
        (
            "a: !!python/object/apply:os.system [id]\n",
            "1:4 a: tags (`!name`) are not supported; a text that begins with `!` wants quotes",
        ),
        ("a: !!str 1\n", "1:4 a: tags (`!name`) are not supported; a text that begins with `!` wants quotes"),
        ("? [a]\n: 1\n", "1:3 a key must be a word; a text that begins with `{{` wants quotes"),
        ("a: 1\n---\nb: 1\n", "3:1 a second document: one file holds one"),
        ("a: [1, 2\n", "1:4 not valid YAML: a comma or the `]` is missing in the list that begins here"),
        ("a: b: c\n", "1:5 not valid YAML: wrong indentation, or a text with `: ` in it, which wants quotes"),
        ("a: {b: 1\nc: 2\n", "1:4 not valid YAML: a comma or the `}` is missing in the group that begins here"),
        ("a: 1\n  b: 2\n", "2:4 not valid YAML: wrong indentation, or a text with `: ` in it, which wants quotes"),
        (
            "a:\n  b: 1\n c: 2\n",
            "3:2 not valid YAML: wrong indentation: this does not line up with what stands above it",
        ),
        ("- a: 1\n  b:2\n  c: 3\n", "2:3 not valid YAML: expected `key: value`, with a blank after the colon"),
        (
            "a: 'b' c\n",
            "1:8 not valid YAML: this follows a value that is complete already: put the whole text in quotes",
        ),
        ("a: 1\nb: 'c\n", "2:4 not valid YAML: the quote that begins here is never closed"),
        ("a: @b\n", "1:4 not valid YAML: a text that begins with `@` wants quotes"),
        ('a: "\\d"\n', "1:6 not valid YAML: `\\d` means nothing in double quotes: write `\\\\d`, or use single quotes"),
        ("a: " + "x" * 60_000, "1:1 a line of more than 60000 characters"),
        ("a: x\x07\n", "1:5 a character that YAML does not allow"),
        ('a: "\\UFFFFFFFF"\n', "1:1 not valid YAML"),
        ("a: " + "[" * 500 + "\n", "1:28 a: nested too deeply"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, problem: str) -> None:
    assert [str(found) for found in documents.read(text, "a.yaml").found] == [f"a.yaml:{problem}"]


def test_values_are_counted() -> None:
    document = documents.read("- x\n" * 30, "a.yaml", limit=10)
    assert [str(found) for found in document.found] == ["a.yaml:10:3 more than 20000 values in one configuration"]


@given(st.text(alphabet=st.sampled_from("ab:-[]{},'\"\\|>&*!%@?#\t\n ~0+\x00\u2028\ufeff"), max_size=60))
def test_any_text_is_read_or_told_about(text: str) -> None:
    document = documents.read(text, "a.yaml")
    assert all(found.line >= 1 and found.column >= 1 for found in document.found)


@given(st.text(max_size=200))
def test_any_unicode_is_read_or_told_about(text: str) -> None:
    documents.read(text, "a.yaml")

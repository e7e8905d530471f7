"""What the YAML parser complains of, in the words of somebody who can see the mistake and says how to mend it."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError, StringMark

_CANNOT_BEGIN = re.compile(r"found character '(.+)' that cannot start any token")
_UNKNOWN_ESCAPE = re.compile(r"found unknown escape character '(.+)'")
_BLOCK = re.compile(r"expected <block end>, but found '(?:\?|-|<block .*>)'")
_SENTENCES = (
    (re.compile(r"mapping values are not allowed"), "wrong indentation, or a text with `: ` in it, which wants quotes"),
    (_BLOCK, "wrong indentation: this does not line up with what stands above it"),
    (
        re.compile(r"expected <block end>"),
        "this follows a value that is complete already: put the whole text in quotes",
    ),
    (re.compile(r"could not find expected ':'"), "expected `key: value`, with a blank after the colon"),
    (re.compile(r"expected ',' or '\]'"), "a comma or the `]` is missing in the list that begins here"),
    (re.compile(r"expected ',' or '\}'"), "a comma or the `}` is missing in the group that begins here"),
    (re.compile(r"expected the node content"), "a value is missing here, or a comma or bracket is one too many"),
    (re.compile(r"unexpected end of stream"), "the quote that begins here is never closed"),
    (
        re.compile(r"expected '<document start>'"),
        "this belongs to nothing above it: wrong indentation, or quotes missing",
    ),
)
_MISTAKE_BEGINS_EARLIER = ("expected ',' or ", "could not find expected ':'", "unexpected end of stream")
"""Noticed on a later line: the place is where the parser began on this value."""


def message(error: MarkedYAMLError) -> str:
    """What is wrong, and what to do about it."""
    said = error.problem or error.context or ""
    if match := _CANNOT_BEGIN.search(said):
        sign = match[1]
        return "a tab: indent with spaces" if sign == "\\t" else f"a text that begins with `{sign}` wants quotes"
    if match := _UNKNOWN_ESCAPE.search(said):
        return f"`\\{match[1]}` means nothing in double quotes: write `\\\\{match[1]}`, or use single quotes"
    return next((sentence for pattern, sentence in _SENTENCES if pattern.search(said)), said)


def place(error: MarkedYAMLError) -> tuple[int, int]:
    """Line and column, counted from one."""
    begins_earlier = any(words in (error.problem or "") for words in _MISTAKE_BEGINS_EARLIER)
    first, second = error.problem_mark, error.context_mark
    mark: StringMark | None = (second or first) if begins_earlier else (first or second)
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)

"""Headers as somebody kept them: lines of `name: value`, as curl and proxies write them, or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import multidict

from callcore import errors

_LINE = re.compile(r"(?:[<>] ?)?(?P<name>[\w-]+)\s*:(?P<value>.*)")
"""`curl --verbose` puts a sign before each line."""

_AROUND = "headers"
"""Key under which dumps of whole requests have them."""


def parse(text: str) -> multidict.CIMultiDict[str]:
    """The headers of a text; one that stands there twice is in there twice. Lines that are none are left out.

    As JSON it is an object of texts, or of lists of texts, by itself or under `headers`; or a list of pairs.

    Raises:
        BadInput: it begins as JSON and is none, or has no headers at all.
    """
    text = text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").strip()
    found = multidict.CIMultiDict(_of_json(text) if text[:1] in ("{", "[") else _of_lines(text))
    if not found:
        raise errors.BadInput("no headers, neither lines of `name: value` nor JSON")
    return found


def _of_lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if match := _LINE.fullmatch(line.strip()):
            yield match["name"], match["value"].strip()


def _of_json(text: str) -> Iterator[tuple[str, str]]:
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        raise errors.BadInput("no JSON, and no lines of `name: value`") from None
    if isinstance(root, dict) and isinstance(root.get(_AROUND), dict | list):
        root = root[_AROUND]
    for pair in root.items() if isinstance(root, dict) else root:
        match pair:
            case (str(name), str(value)) | [str(name), str(value)]:
                yield name, value
            case (str(name), [*values]):
                yield from ((name, value) for value in values if isinstance(value, str))

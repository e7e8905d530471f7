"""What is wrong with a configuration, and where."""

from __future__ import annotations

import dataclasses
import difflib
import itertools
import re
from collections.abc import Iterable, Iterator

_MOST = 100  # nobody reads more at once, and looking for near names costs time
_FEW_NAMES = 12  # more than this is no help in an error message
_LONGEST_NAME = 64  # comparing costs the product of the lengths
_WRITTEN = re.compile(r"([^:\n]+):(\d+):(\d+) (.*)", re.DOTALL)

Path = tuple[str | int, ...]
"""The keys and list positions that lead to a value."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Problem:
    """One mistake. Lines and columns are counted from one."""

    file: str
    """Relative to the configuration's folder."""
    line: int = 1
    column: int = 1
    path: Path = ()
    message: str
    """What is wrong, without the value: it may be a secret or a phone number."""

    def __str__(self) -> str:
        where = ".".join(map(_shown, self.path))
        return f"{_shown(self.file)}:{self.line}:{self.column} {f'{where}: ' if where else ''}{self.message}"


def parse(text: str) -> Problem:
    """A problem from its text, as `written` gave it."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return Problem(file=match[1], line=int(match[2]), column=int(match[3]), message=match[4])


def written(found: Iterable[Problem]) -> list[str]:
    """All problems as text, in the order of the files, each once."""
    ordered = sorted(found, key=lambda problem: (problem.file, problem.line, problem.column, problem.message))
    return list(dict.fromkeys(str(problem) for problem in ordered))


def nearest(word: str, names: Iterable[str]) -> str:
    """` (did you mean …?)`, or the names there are where none is near and they are few; empty without names."""
    known = sorted(set(names))
    if close := difflib.get_close_matches(word[:_LONGEST_NAME], known, n=1, cutoff=0.5):
        return f" (did you mean `{close[0]}`?)"
    return f" (there is {', '.join(known)})" if 0 < len(known) <= _FEW_NAMES else ""


def bounded(found: Iterable[Problem]) -> Iterator[Problem]:
    """The first hundred of one file's problems, and a word on the rest."""
    remaining = iter(found)
    yield from itertools.islice(remaining, _MOST)
    for more in itertools.islice(remaining, 1):
        yield Problem(file=more.file, line=more.line, column=more.column, message="more problems follow from here on")


def _shown(part: str | int) -> str:
    """A key or file name as it may stand on a terminal: on one line, not endless."""
    text = str(part)
    return text if text.isprintable() and len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]!r}"

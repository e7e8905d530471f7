"""What is wrong with a configuration, and where."""

from __future__ import annotations

import dataclasses
import difflib
import itertools
from collections.abc import Iterable, Iterator

_MOST = 100  # nobody reads more at once, and looking for near names costs time
_FEW_NAMES = 12  # more than this is no help in an error message
_LONGEST_NAME = 64  # comparing costs the product of the lengths

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
        where = self.setting
        return (
            f"{_shown(self.file)}:{self.line}:{self.column} {f'{where}: ' if where else ''}{_printable(self.message)}"
        )

    @property
    def setting(self) -> str:
        """The path as text, such as `numbers.0.agent`; empty for a file as a whole."""
        return ".".join(map(_shown, self.path))


def ordered(found: Iterable[Problem]) -> list[Problem]:
    """All problems in the order of the files, each once."""
    by_place = sorted(found, key=lambda problem: (problem.file, problem.line, problem.column, problem.message))
    return list({str(problem): problem for problem in by_place}.values())


def written(found: Iterable[Problem]) -> list[str]:
    """All problems as text, in the order of the files, each once."""
    return [str(problem) for problem in ordered(found)]


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


def _printable(text: str) -> str:
    """Names in a message are the author's: on one line, and no command to a terminal."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _shown(part: str | int) -> str:
    """A key or file name as it may stand on a terminal: on one line, not endless."""
    text = str(part)
    return text if text.isprintable() and len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]!r}"

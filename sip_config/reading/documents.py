"""A YAML file as plain data in which every scalar keeps the text that the author wrote, and its place.

Nothing is guessed from the look of a word: `+12015550100`, `NO`, `09:00` and `0123` stay what they are, and the schema
decides what a number or a switch is. Only an empty value, `~` and `null` mean nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from sip_config import problems
from sip_config.reading import yaml_mistakes

Plain = str | None | list["Plain"] | dict[str, "Plain"]

MAX_VALUES = 20_000
"""Values of a configuration: about half a second of parsing; some three thousand numbers."""

_MAX_LINES = 50_000
_MAX_WORDS = 200_000  # the parser stops at each; a megabyte of prose has fewer
_MAX_LINE = 60_000  # characters; longer than any text may be, and some of the parser's work grows with the square
_MAX_DEPTH = 24  # a configuration needs eight; the parser's work grows with the square of the depth
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """Where a value stands; counted from one."""

    line: int
    column: int
    text_line: int
    """Where its text begins: for a block (`|` or `>`), the line after."""
    text_column: int = 1
    """The column of its first character; 1 for a block, whose indentation is not known."""

    def within(self, line: int, column: int) -> tuple[int, int]:
        """Line and column in the file of a place in the text."""
        return self.text_line + line - 1, column + (self.text_column - 1 if line == 1 else 0)


_START = Place(line=1, column=1, text_line=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Document:
    """One file that was read."""

    name: str
    data: Plain
    places: Mapping[problems.Path, Place]
    found: tuple[problems.Problem, ...] = ()
    """What is wrong with it as YAML."""
    values: int = 0
    """How many values it has."""

    def place(self, path: problems.Path) -> Place:
        """The place of a value, or the nearest one around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, _START)

    def problem(self, path: problems.Path, message: str) -> problems.Problem:
        """A problem at the place of a value."""
        place = self.place(path)
        return problems.Problem(file=self.name, line=place.line, column=place.column, path=path, message=message)

    def value(self, path: problems.Path) -> Plain:
        """The value at a path; None where there is nothing."""
        value = self.data
        for part in path:
            if isinstance(value, dict):
                value = value.get(str(part))
            else:
                value = value[part] if isinstance(value, list) and isinstance(part, int) and part < len(value) else None
        return value

    def items(self, key: str) -> dict[str | int, Plain]:
        """The members of a list or mapping under a key of the top level; none where it is neither."""
        inside = self.data.get(key) if isinstance(self.data, dict) else None
        if isinstance(inside, list):
            return dict(enumerate(inside))
        return dict(inside.items()) if isinstance(inside, dict) else {}


def read(text: str, name: str, limit: int = MAX_VALUES) -> Document:
    """Parse one YAML document. Whatever is wrong stands in `found`; what could be read stands in `data`.

    Args:
        text: the YAML.
        name: of the file, for the problems.
        limit: how many values to read at most.
    """
    if message := _too_long(text):
        return Document(name=name, data=None, places={}, found=(problems.Problem(file=name, message=message),))
    reader = _Reader(name, text, limit)
    data = reader.read()
    return Document(
        name=name, data=data, places=reader.places, found=tuple(problems.bounded(reader.found)), values=reader.values
    )


def _too_long(text: str) -> str | None:
    """What the parser would take too long for."""
    lines = text.split("\n", _MAX_LINES + 1)
    if len(lines) > _MAX_LINES + 1 or len(text.split()) > _MAX_WORDS:
        return f"more than {_MAX_LINES} lines or {_MAX_WORDS} words"
    return f"a line of more than {_MAX_LINE} characters" if max(map(len, lines)) > _MAX_LINE else None


class _GivenUp(Exception):
    """Too deep or too long to go on."""


class _Reader:
    """Builds plain data from the parser's events. Aliases and tags are refused, so nothing grows and nothing runs."""

    def __init__(self, name: str, text: str, limit: int) -> None:
        self.places: dict[problems.Path, Place] = {}
        self.found: list[problems.Problem] = []
        self._name = name
        self._text = text
        self._events: Iterator[events.Event] = YAML(typ="safe", pure=True).parse(text)
        self.values = 0
        self._limit = limit

    def read(self) -> Plain:
        try:
            return self._document()
        except _GivenUp:
            return None
        except MarkedYAMLError as error:
            self._complain(*yaml_mistakes.place(error), (), f"not valid YAML: {yaml_mistakes.message(error)}")
        except ReaderError as error:
            before = self._text[: error.position]
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            self._complain(line, column, (), "a character that YAML does not allow")
        except (YAMLError, ValueError, OverflowError):  # an escape such as "\UFFFFFFFF" is not checked by the parser
            self._complain(1, 1, (), "not valid YAML")
        return None

    def _document(self) -> Plain:
        data: Plain = None
        for event in self._events:
            if isinstance(event, events.NodeEvent):
                if () in self.places:
                    self._refuse(event, (), "a second document: one file holds one")
                    break
                data = self._value(event, ())
        return data

    def _value(self, event: events.Event, path: problems.Path, key: events.Event | None = None) -> Plain:
        """The value that begins with an event; it stands where its key stands."""
        self.values += 1
        if self.values > self._limit:
            self._refuse(event, (), f"more than {MAX_VALUES} values in one configuration")
            raise _GivenUp
        if len(path) > _MAX_DEPTH:
            self._refuse(event, path[:1], "nested too deeply")
            raise _GivenUp
        self.places.setdefault(path, _place(event, key or event))
        if getattr(event, "ctag", None) is not None:  # unlike `tag`, it costs no decoding of an endless name
            self._refuse(event, path, "tags (`!name`) are not supported; a text that begins with `!` wants quotes")
        match event:
            case events.ScalarEvent():
                return None if event.style is None and event.value in _NOTHING else str(event.value)
            case events.SequenceStartEvent():
                return self._list(path)
            case events.MappingStartEvent():
                return self._mapping(path)
        self._refuse(event, path, "aliases (`*name`) are not supported: write the value again")
        return None

    def _list(self, path: problems.Path) -> list[Plain]:
        items: list[Plain] = []
        for event in self._events:
            if isinstance(event, events.SequenceEndEvent):
                break
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: problems.Path) -> dict[str, Plain]:
        items: dict[str, Plain] = {}
        for event in self._events:
            if isinstance(event, events.MappingEndEvent):
                break
            key = self._key(event, path)
            if key in items:
                self._refuse(event, (*path, key), "given twice")
            value = self._value(next(self._events), (*path, key), event)
            items.setdefault(key, value)
        return items

    def _key(self, event: events.Event, path: problems.Path) -> str:
        if isinstance(event, events.ScalarEvent):
            return str(event.value)
        self._refuse(event, path, "a key must be a word; a text that begins with `{{` wants quotes")
        self._value(event, (*path, ""))
        return ""

    def _refuse(self, event: events.Event, path: problems.Path, message: str) -> None:
        self._complain(event.start_mark.line + 1, event.start_mark.column + 1, path, message)

    def _complain(self, line: int, column: int, path: problems.Path, message: str) -> None:
        self.found.append(problems.Problem(file=self._name, line=line, column=column, path=path, message=message))


def _place(event: events.Event, at: events.Event) -> Place:
    style = event.style if isinstance(event, events.ScalarEvent) else None
    is_block = style in ("|", ">")
    return Place(
        line=at.start_mark.line + 1,
        column=at.start_mark.column + 1,
        text_line=event.start_mark.line + (2 if is_block else 1),
        text_column=1 if is_block else event.start_mark.column + (2 if style in ("'", '"') else 1),
    )

"""Files with people in them, row by row: CSV with a header, or one number a line."""

from __future__ import annotations

import dataclasses
import pathlib
import re

from callcore import errors
from cli import csv_files

_NUMBER, _E164 = ("number", "e164", "phone"), "e164"
_NAME, _REASON = "name", "reason"
_NO_KEY = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", re.ASCII)

_NO_NUMBER = "There is no number."
_MORE_CELLS = "There are more cells than the first line has columns; text with a comma in it belongs in quotes."
_NO_HEADER = "There is more than a number; name the columns in the first line: number,reason."

Json = dict[str, object]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """What one row says."""

    line: int
    """In the file, from 1."""
    body: Json
    wrong: str | None = None
    """Why it says nothing that can be used, as far as that shows here."""


def contacts(file: pathlib.Path) -> tuple[Row, ...]:
    """People: their number, their name, and what else the header names, as fields. Empty cells say nothing.

    Raises:
        BadInput: the file cannot be read, has no column for the number, or one whose name cannot be a field's.
    """
    rows = csv_files.rows(file)
    _, header = next(rows, (0, []))
    columns = _columns(header)
    return tuple(_row(line, _contact(columns, cells), cells, len(columns)) for line, cells in rows)


def numbers(file: pathlib.Path) -> tuple[Row, ...]:
    """Numbers for the do-not-call list: one a line, or in the columns of a header, with a reason.

    Raises:
        BadInput: the file cannot be read.
    """
    rows = list(csv_files.rows(file))
    header = [name.lower() for name in rows[0][1]] if rows else []
    number = _number(header)
    if number is None:
        return tuple(_row(line, {_E164: cells[0]}, cells, 1, _NO_HEADER) for line, cells in rows)
    reason = header.index(_REASON) if _REASON in header else None
    return tuple(_row(line, _entry(cells, number, reason), cells, len(header)) for line, cells in rows[1:])


def _row(line: int, body: Json, cells: list[str], columns: int, more: str = _MORE_CELLS) -> Row:
    wrong = more if any(cells[columns:]) else None if body[_E164] else _NO_NUMBER
    return Row(line=line, body=body, wrong=wrong)


def _columns(header: list[str]) -> list[str | None]:
    """What each column is: the number, the name, a field; None for one without a heading."""
    place = _number([name.lower() for name in header])
    if place is None:
        raise errors.BadInput(f"the first line must name the columns, one of them {' or '.join(_NUMBER)}")
    columns = [_field(name) for name in header]
    columns[place] = _NUMBER[0]
    named = [name for name in columns if name is not None]
    for name in named:
        if named.count(name) > 1:
            raise errors.BadInput(f"two columns are {name}")
    return columns


def _number(header: list[str]) -> int | None:
    return next((header.index(name) for name in _NUMBER if name in header), None)


def _field(heading: str) -> str | None:
    if not heading:
        return None
    key = _NAME if heading.lower() == _NAME else _NO_KEY.sub("_", heading)
    if not _KEY.fullmatch(key):
        raise errors.BadInput(f"no field can have the name of the column {heading!r}: begin with a letter, 64 at most")
    return key


def _contact(columns: list[str | None], cells: list[str]) -> Json:
    given = {column: cell for column, cell in zip(columns, cells, strict=False) if column is not None and cell}
    body: Json = {_E164: given.pop(_NUMBER[0], "")}
    if _NAME in given:
        body[_NAME] = given.pop(_NAME)
    return {**body, "fields": given} if given else body


def _entry(cells: list[str], number: int, reason: int | None) -> Json:
    body: Json = {_E164: cells[number] if number < len(cells) else ""}
    if reason is not None and reason < len(cells) and cells[reason]:
        body[_REASON] = cells[reason]
    return body

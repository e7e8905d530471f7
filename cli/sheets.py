"""Files with people in them, row by row: CSV (RFC 4180) with a header, or one number a line."""

from __future__ import annotations

import csv
import dataclasses
import pathlib
import re
from collections.abc import Iterator

from callcore import errors

_NUMBER = ("number", "e164", "phone")
_NAME, _REASON = "name", "reason"
_NO_KEY = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_MAX_CELL = 100_000  # characters; dispatch tells what is too long, and a file that is no CSV ends here

Json = dict[str, object]


class Unreadable(errors.BadInput):
    """This file cannot be read as CSV in UTF-8."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """What one row says."""

    line: int
    """In the file, from 1."""
    body: Json


def contacts(file: pathlib.Path) -> tuple[Row, ...]:
    """People: their number, their name, and what else the header names, as fields. Empty cells say nothing.

    Raises:
        BadInput: the file cannot be read, has no column for the number, or one whose name cannot be a field's.
    """
    rows = _rows(file)
    _, header = next(rows, (0, []))
    columns = _columns(header)
    return tuple(Row(line=line, body=_contact(columns, cells)) for line, cells in rows)


def numbers(file: pathlib.Path) -> tuple[Row, ...]:
    """Numbers for the do-not-call list: one a line, or in the columns of a header, with a reason.

    Raises:
        BadInput: the file cannot be read.
    """
    rows = list(_rows(file))
    header = [name.lower() for name in rows[0][1]] if rows else []
    number = _number(header)
    if number is not None:
        reason = header.index(_REASON) if _REASON in header else None
        return tuple(Row(line=line, body=_entry(cells, number, reason)) for line, cells in rows[1:])
    return tuple(Row(line=line, body=_entry(cells, 0, None)) for line, cells in rows)


def _columns(header: list[str]) -> list[str | None]:
    """What each column is: the number, the name, a field; None for one without a heading."""
    place = _number([name.lower() for name in header])
    if place is None:
        raise errors.BadInput(f"the first line must name the columns, one of them {_NUMBER[0]}")
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
    body: Json = {"e164": given.pop(_NUMBER[0], "")}
    if _NAME in given:
        body[_NAME] = given.pop(_NAME)
    return {**body, "fields": given} if given else body


def _entry(cells: list[str], number: int, reason: int | None) -> Json:
    body: Json = {"e164": cells[number] if number < len(cells) else ""}
    if reason is not None and reason < len(cells) and cells[reason]:
        body[_REASON] = cells[reason]
    return body


def _rows(file: pathlib.Path) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_MAX_CELL)
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.reader(opened, strict=True)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, [cell.replace("\r\n", "\n").strip() for cell in cells]
    except (csv.Error, UnicodeDecodeError):
        raise Unreadable from None
    except OSError as error:
        raise Unreadable(f"{file} cannot be read: {error.strerror}") from None

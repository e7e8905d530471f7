"""Rows that another version wrote with words this one does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog

_log = structlog.get_logger(__name__)

Row = TypeVar("Row")
Value = TypeVar("Value")


def only(rows: Iterable[Row], read: Callable[[Row], Value], table: str) -> tuple[Value, ...]:
    """The values of those rows that can be read; each of the others is logged, without its content, and left out."""
    values = []
    for row in rows:
        try:
            values.append(read(row))
        except ValueError as error:
            _log.warning("a row cannot be read and is left out", table=table, error=type(error).__name__)
    return tuple(values)


def one(row: Row | None, read: Callable[[Row], Value], table: str) -> Value | None:
    """As `only`, of one row at most."""
    return next(iter(only([row] if row is not None else [], read, table)), None)

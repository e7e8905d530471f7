"""Many rows in one parameter: a statement that takes them as JSON runs once, where one for each row costs more than the
row itself.

SQLite has `json_each` (sqlite.org/json1.html), Postgres `jsonb_array_elements`; both take a value out by `->>`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

SQLITE, POSTGRES = "sqlite", "postgresql"
"""Dialects, by their names."""
DIALECTS = (SQLITE, POSTGRES)

Value = str | int | float | dt.datetime | None


class Rows:
    """The rows of the parameter `rows` in a statement, for one dialect."""

    def __init__(self, dialect: str) -> None:
        self._is_sqlite = dialect == SQLITE
        given = sa.bindparam("rows", type_=sa.Text)
        each = sa.func.json_each(given) if self._is_sqlite else sa.func.jsonb_array_elements(sa.cast(given, _JSONB))
        self.source = each.table_valued("value", name="given")
        if not self._is_sqlite:
            self.source = self.source.render_derived()

    def column(self, place: int, kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
        """A value of each row.

        Args:
            place: from 0.
            kind: as the database is to take it.
        """
        value = self.source.c.value.op("->>", return_type=sa.Text())(sa.literal_column(str(place)))
        # SQLite keeps what the JSON has; a date is a text there.
        return sa.type_coerce(value, kind) if self._is_sqlite else sa.cast(value, kind)


_JSONB = postgresql.JSONB


def parameter(dialect: str, rows: Iterable[Sequence[Value]]) -> dict[str, str]:
    """What `Rows` reads; times as the dialect keeps them."""
    as_text = _sqlite_time if dialect == SQLITE else dt.datetime.isoformat
    return {
        "rows": json.dumps([[as_text(one) if isinstance(one, dt.datetime) else one for one in row] for row in rows])
    }


def _sqlite_time(moment: dt.datetime) -> str:
    """As SQLAlchemy's `DateTime` writes it."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")

"""Column types that both stores keep alike."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

Integer = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64 bits, which is what SQLite's INTEGER has."""


class UtcDateTime(sa.TypeDecorator[dt.datetime]):
    """An aware moment, kept in UTC. SQLite forgets zones, so it gets and gives naive UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        moment = value if value.tzinfo is dt.UTC else value.astimezone(dt.UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)

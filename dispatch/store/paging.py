"""A page of a list: one row more is read than is shown, to know whether another page follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async


async def read(
    tx: sa_async.AsyncConnection, query: sa.Select[Any], limit: int
) -> tuple[Sequence[sa.Row[Any]], sa.Row[Any] | None]:
    """The first `limit` rows of a query, and the last of them where more follow it."""
    found = (await tx.execute(query.limit(limit + 1))).all()
    shown = found[:limit]
    return shown, shown[-1] if len(found) > limit else None

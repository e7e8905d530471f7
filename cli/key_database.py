"""API keys in the database of a dispatch that is not running, or has not been started yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pydantic
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from cli import api
from dispatch import offline, settings
from dispatch.access import issuing
from dispatch.store import engine
from dispatch.v1 import listing

_PAGE = 200

_Result = TypeVar("_Result")


class InDatabase:
    """Works on the database itself.

    Everything raises:
        ConfigurationInvalid: the environment names a place that cannot be used.
        DatabaseInUse: a running dispatch has this database.
        DatabaseUnusable: it cannot be opened, or is no database of this version.
    """

    def __init__(self) -> None:
        self._settings = settings.load_store()

    @property
    def place(self) -> str:
        """The database, for people."""
        return engine.database_name(self._settings.store_url)

    def create(self, wanted: api.Json) -> api.Json:
        try:
            valid = issuing.NewKey.model_validate(wanted)
        except pydantic.ValidationError as error:
            found = error.errors(include_input=False, include_url=False, include_context=False)
            raise errors.BadInput("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in found)) from None
        created = self._run(lambda tx: issuing.create(tx, valid, dt.datetime.now(dt.UTC)))
        return created.model_dump(mode="json", by_alias=True)

    def all(self) -> list[api.Json]:
        self._exists()
        keys = self._run(_all)
        return [key.model_dump(mode="json", by_alias=True) for key in keys]

    def revoke(self, key_id: str) -> None:
        self._exists()
        self._run(lambda tx: issuing.revoke(tx, key_id, dt.datetime.now(dt.UTC)))

    def _exists(self) -> None:
        file = engine.database_file(self._settings.store_url)
        if file is not None and not file.exists():
            raise errors.NotFound(f"There is no database {file} yet, and so no key.")

    def _run(self, work: Callable[[sa_async.AsyncConnection], Awaitable[_Result]]) -> _Result:
        async def in_transaction(store: engine.Store) -> _Result:
            async with store.writing() as tx:
                return await work(tx)

        return offline.run(self._settings, in_transaction)


async def _all(tx: sa_async.AsyncConnection) -> list[issuing.Key]:
    found: list[issuing.Key] = []
    cursor: str | None = None
    while True:
        page = await issuing.page(tx, listing.Paging(limit=_PAGE, cursor=cursor))
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found

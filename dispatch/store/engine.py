"""The store: one engine, and two kinds of transaction."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import sqlalchemy as sa
import structlog
from sqlalchemy import exc
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch.store import sqlite

_OUR_MISTAKES = (exc.IntegrityError, exc.ProgrammingError, exc.DataError, exc.NotSupportedError)

_SCRUBS = 10  # tries; readers are done within milliseconds
_SCRUB_PAUSE_S = 0.1  # for those who wait to write

_log = structlog.get_logger(__name__)


class StoreUnavailable(errors.Unavailable):
    """The database does not answer."""

    public_code = "store_unavailable"


class Store:
    """Hands out transactions. Writers of this process take turns; readers never wait for them."""

    def __init__(self, url: str) -> None:
        # Parameters are numbers and words of callers: an error must not print them.
        self._engine = sa_async.create_async_engine(url, hide_parameters=True)
        self._turn = asyncio.Lock()
        self._reads = _Health("reading")
        self._writes = _Health("writing")
        if self._engine.dialect.name == "sqlite":
            sqlite.prepare(self._engine)

    @property
    def name(self) -> str:
        """The database, without a password."""
        return self._engine.url.database or self._engine.url.render_as_string(hide_password=True)

    @property
    def is_exclusive(self) -> bool:
        """Whether this process is the only one that uses it: see `sqlite.FileLock`."""
        return self._engine.dialect.name == "sqlite"

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[sa_async.AsyncConnection]:
        """A transaction that sees one moment of the store.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        with self._reads.watched():
            async with self._engine.connect() as connection, connection.begin():
                yield connection

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[sa_async.AsyncConnection]:
        """A transaction that may write; commits at the end of the block, rolls back if it raises.

        Raises:
            StoreUnavailable: the database does not answer; nothing was written.
        """
        with self._writes.watched():
            async with self._turn, self._engine.connect() as connection:
                await connection.execution_options(**{sqlite.WRITES: True})
                async with connection.begin():
                    yield connection

    async def scrub(self, text: str = "", *, expected: int = 0) -> bool:
        """Let nothing of what was deleted or overwritten stay in the database's files; False where it still may.

        Args:
            text: what was deleted, to look for: a page whose rows moved may hold a copy that nothing leads to. Where it
                is found, a file that is not too large is written anew.
            expected: how often the text may stand in the file.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        file = database_file(self._engine.url.render_as_string(hide_password=False))
        if file is None:
            return True  # other databases look after theirs
        is_clean = await self._on_the_file(sqlite.empty_log)
        if not text or await asyncio.to_thread(sqlite.count, file, text) <= expected:
            return is_clean
        if file.stat().st_size > sqlite.LARGE:
            return False
        return await self._on_the_file(sqlite.rewrite, tries=1) and await self._on_the_file(sqlite.empty_log)

    async def _on_the_file(
        self, do: Callable[[sa_async.AsyncConnection], Awaitable[bool]], *, tries: int = _SCRUBS
    ) -> bool:
        """Try what needs the file for itself; whether it was done."""
        for _ in range(tries):
            with self._writes.watched():
                async with self._turn, self._engine.connect() as connection:
                    if await do(connection):
                        return True
            await asyncio.sleep(_SCRUB_PAUSE_S)
        return False

    async def close(self) -> None:
        await self._engine.dispose()


def database_file(url: str) -> pathlib.Path | None:
    """The file of a SQLite database; None for a server or a database in memory."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return pathlib.Path(parsed.database)


class _Health:
    """Why one kind of transaction fails: said once, when it begins and when it is over."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._cause: str | None = None

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Translate the database's failures.

        Raises:
            StoreUnavailable: the database does not answer, is locked, full or broken, or must not be written to.
        """
        try:
            yield
        except (exc.DatabaseError, exc.InterfaceError, exc.TimeoutError) as error:
            if isinstance(error, _OUR_MISTAKES):
                raise
            self._now(cause(error))
            raise StoreUnavailable from error
        self._now(None)

    def _now(self, cause: str | None) -> None:
        if cause != self._cause:
            if cause is None:
                _log.info("the store works again", doing=self._kind)
            else:
                _log.error("the store does not work", doing=self._kind, cause=cause)
        self._cause = cause


def cause(error: BaseException) -> str:
    """What the driver calls it, such as `OperationalError SQLITE_FULL`; its sentence may repeat what was stored."""
    driver = getattr(error, "orig", None) or error
    name = getattr(driver, "sqlite_errorname", "")
    return f"{type(driver).__name__} {name}".strip()

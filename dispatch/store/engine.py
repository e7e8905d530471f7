"""The store: one engine, and two kinds of transaction."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Protocol

import sqlalchemy as sa
import structlog
from sqlalchemy import exc
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch.store import postgres, sqlite

_SCRUBS = 10  # tries; readers are done within milliseconds
_SCRUB_PAUSE_S = 0.1  # for those who wait to write

_log = structlog.get_logger(__name__)


class StoreUnavailable(errors.Unavailable):
    """The database does not answer."""

    public_code = "store_unavailable"


class _Dialect(Protocol):
    """What differs between databases."""

    READS: Mapping[str, object]
    WRITES: Mapping[str, object]

    def connect(self, url: str) -> sa_async.AsyncEngine: ...

    def is_outage(self, error: exc.SQLAlchemyError) -> bool: ...

    async def encoding(self, connection: sa_async.AsyncConnection) -> str: ...


class Store:
    """Hands out transactions. Writers take turns, over all processes; readers never wait for them.

    What is written in a transaction is therefore decided by what it has read, whatever else runs.
    """

    def __init__(self, url: str) -> None:
        self._dialect: _Dialect = postgres if postgres.is_one(url) else sqlite
        self._engine: sa_async.AsyncEngine = self._dialect.connect(url)
        self._turn = asyncio.Lock()  # the turn of this process's writers: only one waits for those of others
        self._reads = _Health("reading", self._dialect.is_outage)
        self._writes = _Health("writing", self._dialect.is_outage)

    @property
    def name(self) -> str:
        """The database, without a password."""
        return database_name(self._engine.url)

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
            async with self._connected(self._dialect.READS) as connection, connection.begin():
                yield connection

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[sa_async.AsyncConnection]:
        """A transaction that may write; commits at the end of the block, rolls back if it raises.

        Raises:
            StoreUnavailable: the database does not answer, or it is not this writer's turn in time. Nothing was
                written; or all of it, where a connection to a server broke in the moment of the commit.
        """
        with self._writes.watched():
            async with self._turn, self._connected(self._dialect.WRITES) as connection, connection.begin():
                yield connection

    async def encoding(self, tx: sa_async.AsyncConnection) -> str:
        """In what the database keeps text, by Postgres's names."""
        return await self._dialect.encoding(tx)

    @contextlib.asynccontextmanager
    async def _connected(self, options: Mapping[str, object]) -> AsyncIterator[sa_async.AsyncConnection]:
        try:
            connection = await self._engine.connect()
        except OSError as error:  # of the network: drivers do not make it an error of theirs
            raise exc.OperationalError(None, None, error) from error
        async with contextlib.aclosing(connection):
            yield await connection.execution_options(**options)

    async def scrub(self, text: str = "", *, expected: int = 0) -> bool:
        """Let nothing of what was deleted or overwritten stay in the database's files; False where it still may.

        Args:
            text: what was deleted, to look for: a page whose rows moved may hold a copy that nothing leads to. Where it
                is found, a file that is not too large is written anew.
            expected: how often the text may stand in the file.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        file = database_file(str(self._engine.url))
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


def database_name(url: str | sa.URL) -> str:
    """What people call a database: its file, or its URL without a password."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return parsed.database or ":memory:"
    return parsed.set(drivername=parsed.get_backend_name(), query={}).render_as_string(hide_password=True)


class _Health:
    """Why one kind of transaction fails: said once, when it begins and when it is over."""

    def __init__(self, kind: str, is_outage: Callable[[exc.SQLAlchemyError], bool]) -> None:
        self._kind = kind
        self._is_outage = is_outage
        self._cause: str | None = None

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Translate the database's failures.

        Raises:
            StoreUnavailable: the database does not answer, is locked, full or broken, or must not be written to.
        """
        try:
            yield
        except exc.SQLAlchemyError as error:
            if not self._is_outage(error):
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


def cause(error: BaseException | None) -> str:
    """What the driver calls it, such as `OperationalError SQLITE_FULL`; its sentence may repeat what was stored."""
    raised = getattr(error, "orig", None) or error
    state = getattr(raised, "sqlstate", None)
    said = getattr(raised, "__cause__", None) if state else None  # SQLAlchemy has one name for many of Postgres's
    return f"{type(said or raised).__name__} {state or getattr(raised, 'sqlite_errorname', '')}".strip()

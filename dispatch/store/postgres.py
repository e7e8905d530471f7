"""What only Postgres needs: its connections, one writer at a time over all processes, and which faults are outages.

Every step of dispatch was written and tested for transactions that write one after the other, as SQLite's do. Here a
writer therefore takes one advisory lock for the length of its transaction, whichever process it is in. It reads
committed rows, so that what it reads after the lock is what the writer before it left. Readers take no lock and see
one moment (postgresql.org/docs/current/transaction-iso.html).
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy import event, exc, pool
from sqlalchemy.ext import asyncio as sa_async
from sqlalchemy.ext import compiler

READS: Mapping[str, object] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""Execution options of a connection whose next transaction only reads."""
WRITES: Mapping[str, object] = {"isolation_level": "READ COMMITTED", "trunkline_writes": True}
"""Execution options of a connection whose next transaction will write."""

SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg")
"""What the URL of such a database may begin with."""

CONNECTIONS = 15
"""Of one process, at most."""

_KEPT_CONNECTIONS = 5
_CONNECT_S = 5.0
_TRUSTED_S = 1.0  # after its last use
_ANSWER_S = 20.0  # for one statement; a server that is gone without a word is noticed by this
_TURN_MS = 10_000  # until it is this writer's turn
_STATEMENT_MS = 15_000
_IDLE_MS = 15_000  # a process that stopped in the middle of a transaction keeps the others waiting for no longer

_LOCK = 0x7472756E6B  # "trunk"; any number that no other program takes in this database
# In one request, and only for this transaction: so it also works behind a pooler that hands out transactions.
_TAKE_TURN = f"""SELECT set_config('lock_timeout', '{_TURN_MS}', true),
    set_config('statement_timeout', '{_STATEMENT_MS}', true),
    set_config('idle_in_transaction_session_timeout', '{_IDLE_MS}', true),
    pg_advisory_xact_lock({_LOCK})"""

# Classes of SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html) that say that the server cannot, not that it
# was asked for something wrong. Others of ours stay faults: a bad value, a broken constraint, a wrong statement.
_OUTAGES = ("08", "25006", "25P03", "28", "3D000", "40", "42501", "53", "55", "57", "58", "F0", "P0", "XX")


def is_one(url: str) -> bool:
    """Whether a URL leads to a Postgres database."""
    return sa.make_url(url).drivername in SCHEMES


def connect(url: str) -> sa_async.AsyncEngine:
    """An engine; nothing is asked of the server yet. All that libpq takes in a URL may stand in it, as `sslmode`."""
    given = sa.make_url(url)
    dsn = given.set(drivername="postgresql").render_as_string(hide_password=False)
    engine = sa_async.create_async_engine(
        given.set(drivername="postgresql+asyncpg", query={}),
        hide_parameters=True,
        async_creator=functools.partial(_connection, dsn),
        pool_size=_KEPT_CONNECTIONS,
        max_overflow=CONNECTIONS - _KEPT_CONNECTIONS,
        pool_timeout=_CONNECT_S,
    )
    event.listen(engine.sync_engine, "checkin", _leave)
    event.listen(engine.sync_engine, "checkout", _ask)
    event.listen(engine.sync_engine, "begin", _begin)
    event.listen(engine.sync_engine, "before_cursor_execute", _clean, retval=True)
    event.listen(engine.sync_engine, "handle_error", _tell)
    return engine


def is_outage(error: exc.SQLAlchemyError) -> bool:
    """Whether the database cannot, and may be able to later."""
    if isinstance(error, exc.TimeoutError):
        return True  # every connection is busy
    if not isinstance(error, exc.DBAPIError):
        return False
    state = sqlstate(error)
    if state:
        return state.startswith(_OUTAGES)
    # Said by the driver, and not by the server: it does not send values of the wrong kind.
    return not isinstance(getattr(error.orig, "__cause__", None), (ValueError, TypeError))


def sqlstate(error: BaseException) -> str:
    """The server's code of an error; empty where the server said nothing."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""


async def encoding(connection: sa_async.AsyncConnection) -> str:
    """In what the database keeps text."""
    return str(await connection.scalar(sa.text("SHOW server_encoding")))


async def _connection(dsn: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        dsn, timeout=_CONNECT_S, command_timeout=_ANSWER_S, server_settings={"application_name": "trunkline"}
    )


def _leave(_connection: object, record: pool.ConnectionPoolEntry) -> None:
    record.info["left_at"] = time.monotonic()


def _ask(connection: Any, record: pool.ConnectionPoolEntry, _proxy: object) -> None:  # as the driver is wrapped
    """Whether the server is still there, unless the connection was good a moment ago: to ask costs three requests.

    Where it was started anew, that is no reason for anybody's error: every connection is made anew.
    """
    if time.monotonic() - record.info.get("left_at", time.monotonic()) < _TRUSTED_S:
        return
    try:
        connection.ping()
    except (OSError, connection.dbapi.Error) as error:
        raise exc.InvalidatePoolError from error


def _begin(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("trunkline_writes", False):
        connection.exec_driver_sql(_TAKE_TURN)


def _clean(
    _connection: object, _cursor: object, statement: str, parameters: Any, _context: object, _is_many: bool
) -> tuple[str, Any]:  # parameters are of the driver's making
    """Text without NUL, which Postgres cannot keep and SQLite can: what callers said must not make a request fail."""
    return statement, _without_nul(parameters)


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in value else value
    if isinstance(value, (tuple, list)):
        return type(value)(map(_without_nul, value))
    return value


def _tell(context: sa.ExceptionContext) -> exc.SQLAlchemyError | None:
    """The driver lets what the network says pass as it is. What Postgres says may name values, which nobody logs."""
    error = context.original_exception
    said = error.__cause__
    if isinstance(said, asyncpg.PostgresError):
        said.detail = said.where = said.query = None
    if not isinstance(error, OSError):
        return None
    context.is_disconnect = True  # also where the answer did not come in time: it may come in the middle of another
    return exc.OperationalError(None, None, error, connection_invalidated=True)


@compiler.compiles(sa.String, "postgresql")
def _string(_type: sa.String, _compiler: object, **_: object) -> str:
    """As in SQLite, a length is only told to readers: nothing is cut off or refused in the middle of a call."""
    return "VARCHAR"

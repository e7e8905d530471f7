"""What only Postgres has: a server that goes away and comes back, and writers in other processes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
import sqlalchemy as sa

from dispatch.store import engine, late, migrating, notices, tables
from dispatch.store import postgres as dialect
from tests import postgres
from tests.unit.dispatch import samples

pytestmark = pytest.mark.unit


@pytest.fixture
def database_url(emptied_postgres: str) -> str:
    return emptied_postgres


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[engine.Store]:
    """Another process's."""
    opened = engine.Store(database_url)
    yield opened
    await opened.close()


@contextlib.contextmanager
def down(server: postgres.Server) -> Iterator[None]:
    """Crashed, for the length of the block."""
    server.stop()
    try:
        yield
    finally:
        server.start()


async def put(store: engine.Store, name: str) -> None:
    async with store.writing() as tx:
        await notices.is_new(tx, name, samples.START)


async def names(store: engine.Store) -> list[str]:
    async with store.reading() as tx:
        return list(await tx.scalars(sa.select(tables.notices.c.id).order_by(tables.notices.c.id)))


async def test_a_server_that_comes_back_is_found_again(
    store: engine.Store, postgres_server: postgres.Server, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.gather(*(put(store, f"before{number}") for number in range(5)), *(names(store) for _ in range(5)))
    with down(postgres_server):
        for _ in range(5):
            with pytest.raises(engine.StoreUnavailable):
                await put(store, "between")
            with pytest.raises(engine.StoreUnavailable):
                await names(store)
        said = capsys.readouterr().out
        assert 2 <= said.count("the store does not work") <= 4, "once for each cause: cut off, then not there"
        assert postgres_server.url() not in said
    assert "between" not in await names(store)
    await put(store, "after")
    assert "after" in await names(store)
    assert capsys.readouterr().out.count("the store works again") == 2


async def test_a_server_that_goes_in_the_middle_leaves_nothing_behind(
    store: engine.Store, postgres_server: postgres.Server
) -> None:
    async def cut_off() -> None:
        async with store.writing() as tx:
            await notices.is_new(tx, "half", samples.START)
            with down(postgres_server):
                pass
            await notices.is_new(tx, "whole", samples.START)

    with pytest.raises(engine.StoreUnavailable):
        await cut_off()
    assert await names(store) == []
    await put(store, "after")


async def test_a_writer_that_never_ends_keeps_others_waiting_for_so_long_and_readers_not_at_all(
    store: engine.Store, other: engine.Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hurried = dialect._TAKE_TURN.replace(f"'{dialect._TURN_MS}'", "'50'")
    monkeypatch.setattr(dialect, "_TAKE_TURN", hurried)
    async with other.writing() as tx:
        await notices.is_new(tx, "theirs", samples.START)
        with pytest.raises(engine.StoreUnavailable):
            await put(store, "ours")
        assert "LockNotAvailableError 55P03" in capsys.readouterr().out
        assert await names(store) == []
    await put(store, "ours")
    assert await names(store) == ["ours", "theirs"]


async def test_a_process_that_stopped_in_a_transaction_is_cut_off(
    store: engine.Store, other: engine.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = dialect._TAKE_TURN.replace(
        "idle_in_transaction_session_timeout', '15000'", "idle_in_transaction_session_timeout', '50'"
    )
    assert impatient != dialect._TAKE_TURN
    monkeypatch.setattr(dialect, "_TAKE_TURN", impatient)

    async def stop_in_the_middle() -> None:
        async with other.writing() as tx:
            await notices.is_new(tx, "theirs", samples.START)
            await put(store, "ours")
            await notices.is_new(tx, "theirs too", samples.START)

    with pytest.raises(engine.StoreUnavailable):
        await stop_in_the_middle()
    assert await names(store) == ["ours"]


async def test_what_we_ask_wrongly_is_a_fault_and_no_outage(store: engine.Store) -> None:
    async def say(statement: sa.Executable) -> None:
        async with store.writing() as tx:
            await tx.execute(statement)

    too_large = sa.insert(tables.late_facts).values(id=1 << 70, room_name="", at=samples.START, why="", fact="")
    for wrong in (
        too_large,
        sa.text("SELECT nonsense"),
        sa.text("SELECT 1/0"),
        sa.text("INSERT INTO leases VALUES (NULL)"),
    ):
        with pytest.raises(sa.exc.SQLAlchemyError) as caught:
            await say(wrong)
        assert not dialect.is_outage(caught.value)


async def test_a_fault_tells_no_values(store: engine.Store) -> None:
    async def twice() -> None:
        async with store.writing() as tx:
            for _ in range(2):
                await tx.execute(sa.insert(tables.notices).values(id=samples.CALLER, received_at=samples.START))

    with pytest.raises(sa.exc.IntegrityError) as caught:
        await twice()
    error: BaseException | None = caught.value
    while error is not None:
        assert samples.CALLER not in str(error)
        error = error.__cause__


async def test_text_with_nul_is_kept_without_it(store: engine.Store) -> None:
    fact = late.LateFact(room_name="a\0b", call_id=None, at=samples.START, why=late.Why.ENDED, fact="\0")
    async with store.writing() as tx:
        await late.insert(tx, fact)
        await tx.execute(
            sa.insert(tables.leases), [{"name": f"{n}\0", "holder": "", "until": samples.START} for n in "ab"]
        )
    async with store.reading() as tx:
        (kept,) = await late.of_room(tx, "a\N{REPLACEMENT CHARACTER}b")
        assert kept.fact == "\N{REPLACEMENT CHARACTER}"
        assert list(await tx.scalars(sa.select(tables.leases.c.name))) == [
            "a\N{REPLACEMENT CHARACTER}",
            "b\N{REPLACEMENT CHARACTER}",
        ]


async def test_two_that_start_at_once_migrate_once(new_postgres: str) -> None:
    stores = [engine.Store(new_postgres) for _ in range(2)]
    await asyncio.gather(*map(migrating.upgrade, stores))
    assert {await migrating.revision(store) for store in stores} != {None}
    for store in stores:
        await store.close()


@pytest.mark.parametrize(
    ("statements", "url", "cause"),
    [
        ((), "postgresql://trunkline:geheim@127.0.0.1:1/none", "ConnectionRefusedError"),
        ((), "{server}", "InvalidCatalogNameError 3D000"),
        (("CREATE TABLE calls (id int)",), "{new}", "DuplicateTableError 42P07"),
        (("CREATE ROLE guest LOGIN",), "{guest}", "InsufficientPrivilegeError 42501"),
    ],
)
async def test_a_database_that_cannot_be_used_is_named_without_its_password(
    new_postgres: str, postgres_server: postgres.Server, statements: tuple[str, ...], url: str, cause: str
) -> None:
    name = new_postgres.split("/")[3].split("?")[0]
    await asyncio.to_thread(lambda: postgres_server.execute(*statements, database=name))
    given = url.format(
        server=postgres_server.url("none"), new=new_postgres, guest=new_postgres.replace("trunkline@", "guest@")
    )
    store = engine.Store(given)
    with pytest.raises(migrating.DatabaseUnusable, match=cause) as caught:
        await migrating.upgrade(store)
    assert "geheim" not in caught.value.message
    await store.close()


async def test_a_database_of_another_encoding_is_refused(postgres_server: postgres.Server) -> None:
    create = "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    await asyncio.to_thread(postgres_server.execute, create)
    store = engine.Store(postgres_server.url("latin"))
    with pytest.raises(migrating.DatabaseUnusable, match="LATIN1"):
        await migrating.upgrade(store)
    await store.close()
    await asyncio.to_thread(postgres_server.execute, "DROP DATABASE latin WITH (FORCE)")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
async def test_a_url_may_begin_in_three_ways(database_url: str, scheme: str) -> None:
    store = engine.Store(database_url.replace("postgresql", scheme))
    await put(store, "one")
    assert await names(store) == ["one"]
    await store.close()

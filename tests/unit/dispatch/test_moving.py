"""A store on SQLite moves to Postgres whole, or not at all."""

from __future__ import annotations

import asyncio
import datetime as dt
import pathlib
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from typer import testing

from callcore import turns
from cli import main
from dispatch.store import engine, late, migrating, moving, tables
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit

URL = "DATABASE_URL"


@pytest.fixture
def database_url(new_sqlite: str) -> str:
    return new_sqlite


def told(_table: str, done: int, total: int) -> None:
    assert done <= total


async def rows(store: engine.Store) -> dict[str, Sequence[Any]]:
    async with store.reading() as tx:
        tables_in_order = tables.metadata.sorted_tables
        return {
            table.name: (await tx.execute(sa.select(table).order_by(*table.primary_key.columns))).all()
            for table in tables_in_order
        }


async def fill(service: conftest.Service, *, turns_of_one: int = 250) -> None:
    """A day of work: calls with words of every kind, a contact, a key, someone who is not to be called, odd facts."""
    said = [samples.said(f"{number} naïve 📞 'quoted' \\ \n{{}}", turns.Role.USER) for number in range(turns_of_one)]
    await service.deliver(samples.arrived(), samples.ROUTED, samples.ANSWERED, *said, samples.ENDED)
    await service.public("/v1/contacts", "POST", json={"e164": "+12015550188", "name": "Åsa", "fields": {"a": "b"}})
    await service.public("/v1/do-not-call", "POST", json={"e164": "+12015550177", "reason": "asked"})
    await service.public("/v1/keys", "POST", json={"scopes": ["calls:read"]})
    await service.internal("POST", "/internal/workers", samples.report())
    async with service.store.writing() as tx:
        for number in range(3):
            at = samples.START + dt.timedelta(microseconds=number)
            await late.insert(tx, late.LateFact(room_name="r", call_id=None, at=at, why=late.Why.ENDED, fact="{}"))


async def test_every_row_arrives_as_it_was(
    service: conftest.Service, new_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "_ROWS", 100)
    await fill(service)
    before = await rows(service.store)
    assert len([name for name, found in before.items() if found]) >= 9
    target = engine.Store(new_postgres)
    moved = await moving.move(service.store, target, told)
    assert moved == {name: len(found) for name, found in before.items()}
    assert await rows(target) == before == await rows(service.store)
    async with target.writing() as tx:
        await late.insert(tx, late.LateFact(room_name="r", call_id=None, at=samples.START, why=late.Why.ENDED, fact=""))
        assert await tx.scalar(sa.select(sa.func.max(tables.late_facts.c.id))) == 4
    with pytest.raises(moving.TargetNotEmpty):
        await moving.move(service.store, target, told)
    await target.close()


async def test_what_breaks_off_leaves_nothing(service: conftest.Service, new_postgres: str) -> None:
    await fill(service, turns_of_one=1)

    def break_off(table: str, _done: int, _total: int) -> None:
        if table == "turns":
            raise KeyboardInterrupt

    target = engine.Store(new_postgres)
    with pytest.raises(KeyboardInterrupt):
        await moving.move(service.store, target, break_off)
    assert not any((await rows(target)).values())
    assert (await moving.move(service.store, target, told))["turns"] == 1
    await target.close()


async def test_a_store_of_another_version_is_not_moved(store: engine.Store, new_postgres: str) -> None:
    async with store.writing() as tx:
        await tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    target = engine.Store(new_postgres)
    with pytest.raises(moving.SourceUnfit, match="db upgrade"):
        await moving.move(store, target, told)
    await target.close()


def test_the_command(empty_database: pathlib.Path, new_postgres: str, tmp_path: pathlib.Path) -> None:
    state = {"TRUNKLINE_STATE_DIR": str(tmp_path)}
    runner = testing.CliRunner()
    missing = runner.invoke(main.app, ["db", "move"], env={**state, URL: new_postgres})
    assert (missing.exit_code, "There is no database" in missing.stderr) == (78, True)
    (tmp_path / "trunkline.db").write_bytes(empty_database.read_bytes())
    elsewhere = runner.invoke(main.app, ["db", "move", "--to", "sqlite+aiosqlite:///x.db"], env=state)
    assert (elsewhere.exit_code, "--to postgresql://" in elsewhere.stderr) == (78, True)
    done = runner.invoke(main.app, ["db", "move"], env={**state, URL: new_postgres})
    assert (done.exit_code, done.stderr.strip()) == (0, "")
    assert "0  calls" in done.stdout

    async def revision() -> str | None:
        store = engine.Store(new_postgres)
        try:
            return await migrating.revision(store)
        finally:
            await store.close()

    assert asyncio.run(revision())
    (tmp_path / "trunkline.db").write_bytes(b"no database at all" * 100)
    broken = runner.invoke(main.app, ["db", "move"], env={**state, URL: new_postgres})
    assert broken.exit_code == 1


def test_a_server_that_is_not_there(empty_database: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "trunkline.db").write_bytes(empty_database.read_bytes())
    nowhere = "postgresql://trunkline:geheim@127.0.0.1:1/x"
    result = testing.CliRunner().invoke(
        main.app, ["db", "move", "--to", nowhere], env={"TRUNKLINE_STATE_DIR": str(tmp_path)}
    )
    assert result.exit_code == 1
    assert "geheim" not in result.output
    assert "ConnectionRefusedError" in result.stderr

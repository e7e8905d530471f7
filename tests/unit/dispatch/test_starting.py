"""What keeps dispatch from starting is one sentence and an exit code, not a traceback."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import os
import pathlib
import shutil
import sqlite3

import pytest
from aiohttp import test_utils

from cli import dispatch as command
from cli import failing
from dispatch import app, keys
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit

SOON_S = 30.0
LOOPS = frozenset({"keeper", "transfers", "judging", "clearing", "reloading", "housekeeping"})


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> pathlib.Path:
    """The state folder of a `trunkline db upgrade` in this process, not made yet."""
    folder = tmp_path / "state"
    variables = {name.upper(): str(value) for name, value in conftest.SETTINGS.items() if name != "_env_file"}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", variables | {"TRUNKLINE_STATE_DIR": str(folder)})
    monkeypatch.setattr(os, "umask", lambda _mask: 0o022)  # of the whole test process
    return folder


def fails(capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    """The exit code and the only line that is said."""
    with pytest.raises(SystemExit) as ended:
        command.upgrade()
    (line,) = capsys.readouterr().err.splitlines()
    return ended.value.code, line


def test_a_state_folder_that_cannot_be_is_a_wrong_setting(
    state: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.write_text("a file, not a folder")
    code, line = fails(capsys)
    assert code == failing.EXIT_CONFIG
    assert line == f"TRUNKLINE_STATE_DIR, DATABASE_URL: {state} cannot be used: File exists."


@pytest.mark.parametrize("content", [b"garbage " * 4096, b"SQLite format 3\0" + b"\x7f" * 8192])
def test_a_file_that_is_no_database_is_said_to_be_none(
    state: pathlib.Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    state.mkdir()
    (state / "trunkline.db").write_bytes(content)
    code, line = fails(capsys)
    assert code == failing.EXIT_FAILED
    assert line.startswith(f"The database {state}/trunkline.db cannot be used: DatabaseError SQLITE_NOTADB")
    assert (state / "trunkline.db").read_bytes() == content


def test_a_folder_in_place_of_the_database_is_said(state: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (state / "trunkline.db").mkdir(parents=True)
    code, line = fails(capsys)
    assert code == failing.EXIT_CONFIG
    assert line == f"TRUNKLINE_STATE_DIR, DATABASE_URL: {state}/trunkline.db cannot be used: Is a directory."


def test_a_database_of_a_newer_version_is_left_alone(
    state: pathlib.Path, empty_database: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.mkdir()
    shutil.copy(empty_database, state / "trunkline.db")
    connection = sqlite3.connect(state / "trunkline.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    code, line = fails(capsys)
    assert (code, line) == (
        failing.EXIT_FAILED,
        f"The database {state}/trunkline.db was made by another version of Trunkline.",
    )


def test_a_good_database_is_brought_up_to_date(state: pathlib.Path) -> None:
    command.upgrade()
    assert (state / "trunkline.db").stat().st_size > 0


async def test_only_the_clock_of_hours_is_shifted(parts: app.Parts) -> None:
    shifted = parts.settings.model_copy(update={"trunkline_time_shift": -86400})
    application = app.build(dataclasses.replace(parts, settings=shifted))
    of_hours = application[keys.SWITCHBOARD]._clock
    assert (of_hours.now(), of_hours.monotonic()) == (samples.START - dt.timedelta(days=1), parts.clock.monotonic())
    assert application[keys.CLOCK].now() == application[keys.LEDGER]._clock.now() == samples.START


async def test_what_looks_again_and_again_does_so_until_the_end(parts: app.Parts) -> None:
    application = app.build(parts)
    app.run_loops(application)
    async with test_utils.TestClient(test_utils.TestServer(application)):
        async with asyncio.timeout(SOON_S):
            await application[keys.SWITCHBOARD].wait_ready(SOON_S)
        loops = {task.get_name() for task in asyncio.all_tasks()} & LOOPS
        assert loops == LOOPS
    assert not {task.get_name() for task in asyncio.all_tasks()} & LOOPS

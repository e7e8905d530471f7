"""A worker that cannot start says so in a sentence, before it has started anything."""

from __future__ import annotations

import fcntl
import logging
import os
import pathlib
import stat
from collections.abc import Iterator

import pytest

from cli import worker as command
from tests.unit.worker import test_settings
from worker import workers

pytestmark = pytest.mark.unit

EX_CONFIG = 78


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    variables = {**test_settings.NEEDED, "TRUNKLINE_STATE_DIR": str(tmp_path / "state")}
    monkeypatch.setattr(os, "environ", variables)
    return variables


@pytest.fixture(autouse=True)
def _process() -> Iterator[None]:
    """Gives back what `main` changes in its process."""
    root, umask = logging.getLogger(), os.umask(0o022)
    handlers, level = list(root.handlers), root.level
    yield
    os.umask(umask)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[pathlib.Path]:
    """Where workers were put together."""
    folders: list[pathlib.Path] = []

    def assembled(config: object) -> object:
        folders.append(config.worker_dir)  # type: ignore[attr-defined]  # settings
        raise SystemExit(0)

    monkeypatch.setattr(workers, "assembled", assembled)
    return folders


def start(capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    """`trunkline worker`: its exit code and what it says."""
    with pytest.raises(SystemExit) as ended:
        command.run()
    return ended.value.code, capsys.readouterr().err


def test_missing_variables_end_it(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], started: list[pathlib.Path]
) -> None:
    del environment["LIVEKIT_URL"]
    assert start(capsys) == (EX_CONFIG, "LIVEKIT_URL is not set; a worker does not start without it.\n")
    assert started == []


def test_a_folder_that_another_worker_uses_is_refused(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], started: list[pathlib.Path]
) -> None:
    folder = pathlib.Path(environment["TRUNKLINE_STATE_DIR"]) / "worker"
    folder.mkdir(parents=True)
    with (folder / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert start(capsys) == (
            EX_CONFIG,
            f"another worker uses {folder}; give each worker a TRUNKLINE_STATE_DIR of its own\n",
        )
        assert started == []
    assert start(capsys) == (0, "")
    assert started == [folder]


def test_a_folder_that_cannot_be_made_is_refused(
    environment: dict[str, str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    started: list[pathlib.Path],
) -> None:
    (tmp_path / "file").write_text("")
    environment["TRUNKLINE_STATE_DIR"] = str(tmp_path / "file")
    code, told = start(capsys)
    assert code == EX_CONFIG
    assert told == f"TRUNKLINE_STATE_DIR: {tmp_path}/file/worker cannot be used: Not a directory\n"
    assert started == []


def test_a_path_too_long_for_a_socket_is_refused(
    environment: dict[str, str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    started: list[pathlib.Path],
) -> None:
    environment["TRUNKLINE_STATE_DIR"] = str(tmp_path / ("x" * 107))
    code, told = start(capsys)
    assert code == EX_CONFIG
    assert told.startswith("TRUNKLINE_STATE_DIR: this path is ")
    assert told.count("\n") == 1
    assert started == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("environment")
def test_what_a_worker_keeps_is_for_its_user_alone(
    capsys: pytest.CaptureFixture[str], started: list[pathlib.Path]
) -> None:
    assert start(capsys)[0] == 0
    (folder,) = started
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "lock").stat().st_mode) == 0o600

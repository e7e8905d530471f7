"""The environment of dispatch, and how it refuses to start without what it needs."""

from __future__ import annotations

import os
import pathlib

import pytest

from callcore import errors
from cli import dispatch as command
from dispatch import logs, settings
from tests.unit.dispatch import conftest

pytestmark = pytest.mark.unit

EX_CONFIG = 78


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> dict[str, str]:
    """The whole environment of this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    variables: dict[str, str] = {}
    monkeypatch.setattr(os, "environ", variables)
    return variables


def start(capsys: pytest.CaptureFixture[str]) -> tuple[object, list[str]]:
    """`trunkline dispatch`: its exit code and what it says."""
    with pytest.raises(SystemExit) as ended:
        command.run()
    return ended.value.code, capsys.readouterr().err.splitlines()


@pytest.mark.usefixtures("environment")
def test_without_anything_every_missing_variable_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = start(capsys)
    assert code == EX_CONFIG
    assert [line.split()[0] for line in lines] == [
        "TRUNKLINE_INTERNAL_SECRET",
        "LIVEKIT_URL",
        "LIVEKIT_API_KEY",
        "LIVEKIT_API_SECRET",
    ]
    assert lines[0] == "TRUNKLINE_INTERNAL_SECRET is not set; dispatch does not start without it."


def test_a_configuration_that_is_wrong_is_told_with_all_its_problems(
    environment: dict[str, str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "configure", lambda level, environment: None)  # of the whole test process
    environment.update({name.upper(): value for name, value in conftest.SETTINGS.items() if name != "_env_file"})
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "organization.yaml").write_text("organisation: {}\n")
    code, lines = start(capsys)
    assert code == EX_CONFIG
    assert len(lines) > 1
    assert any(line.startswith("organization.yaml:1") for line in lines)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("trunkline_api_key", "no-key", "TRUNKLINE_API_KEY: key 1 is not of the form"),
        ("trunkline_internal_secret", "short", "TRUNKLINE_INTERNAL_SECRET: needs at least 16 characters"),
        ("livekit_url", "127.0.0.1:7880", "LIVEKIT_URL: must begin with ws://"),
        ("trunkline_http_port", "70000", "TRUNKLINE_HTTP_PORT:"),
        ("database_url", "mysql://u:geheim@h/d", "DATABASE_URL: only sqlite+aiosqlite"),
        ("database_url", "not a url", "DATABASE_URL: this is not a database URL"),
        ("trunkline_redis_url", "127.0.0.1:6379", "TRUNKLINE_REDIS_URL: must begin with redis://"),
        ("trunkline_log_level", "LOUD", "TRUNKLINE_LOG_LEVEL:"),
        ("trunkline_apply", "perhaps", "TRUNKLINE_APPLY:"),
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(name: str, value: str, says: str) -> None:
    with pytest.raises(errors.ConfigurationInvalid) as caught:
        settings.load(**(conftest.SETTINGS | {name: value}))
    (problem,) = caught.value.problems
    assert problem.startswith(says)
    assert value not in problem


def test_the_database_is_under_the_state_folder_unless_said_otherwise(tmp_path: pathlib.Path) -> None:
    given = settings.load(**conftest.SETTINGS, trunkline_state_dir=tmp_path)
    assert given.store_url == f"sqlite+aiosqlite:///{tmp_path}/trunkline.db"
    elsewhere = settings.load(**conftest.SETTINGS, database_url="sqlite+aiosqlite:////srv/calls.db")
    assert elsewhere.store_url == "sqlite+aiosqlite:////srv/calls.db"


def test_secrets_do_not_show() -> None:
    shown = repr(settings.load(**conftest.SETTINGS))
    for secret in ("0123456789abcdef", conftest.SECRET, conftest.SETTINGS["livekit_api_secret"]):
        assert secret not in shown

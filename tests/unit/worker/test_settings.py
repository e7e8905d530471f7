"""The environment of a worker: everything that is missing or wrong is named at once, and no value is shown."""

from __future__ import annotations

import os
import pathlib

import pytest

from callcore import errors
from worker import settings

pytestmark = pytest.mark.unit

NEEDED = {
    "LIVEKIT_URL": "ws://127.0.0.1:7880",
    "LIVEKIT_API_KEY": "key-1",
    "LIVEKIT_API_SECRET": "livekit-secret",
    "TRUNKLINE_INTERNAL_SECRET": "an internal secret",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> dict[str, str]:
    """The whole environment of this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    variables = dict(NEEDED)
    monkeypatch.setattr(os, "environ", variables)
    return variables


def problems() -> tuple[str, ...]:
    with pytest.raises(errors.ConfigurationInvalid) as refused:
        settings.load()
    return refused.value.problems


@pytest.mark.usefixtures("environment")
def test_four_variables_are_enough() -> None:
    config = settings.load()
    assert config.livekit_url == NEEDED["LIVEKIT_URL"]
    assert config.livekit_api_secret.get_secret_value() == "livekit-secret"
    assert config.trunkline_dispatch_url == "http://127.0.0.1:8080"
    assert config.socket_path == pathlib.Path("state/worker/spool.sock")


@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
def test_every_missing_variable_is_named(value: str | None, environment: dict[str, str]) -> None:
    environment.clear()
    if value is not None:
        environment.update(dict.fromkeys(NEEDED, value))
    assert problems() == tuple(f"{name} is not set; a worker does not start without it." for name in NEEDED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUNKLINE_MAX_CALLS", "0"),
        ("TRUNKLINE_MAX_CALLS", "many"),
        ("TRUNKLINE_IDLE_PROCESSES", "-1"),
        ("TRUNKLINE_HEALTH_PORT", "65536"),
        ("TRUNKLINE_DRAIN_TIMEOUT", "1h"),
        ("TRUNKLINE_LOG_LEVEL", "LOUD"),
        ("TRUNKLINE_LOG_LEVEL", "info"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(name: str, value: str, environment: dict[str, str]) -> None:
    environment[name] = value
    (problem,) = problems()
    assert problem.startswith(f"{name}: ")


def test_no_value_is_shown(environment: dict[str, str]) -> None:
    del environment["LIVEKIT_URL"]
    environment["TRUNKLINE_MAX_CALLS"] = "geheim-1"
    environment["TRUNKLINE_STATE_DIR"] = "/geheim-2" * 30
    told = "\n".join(problems())
    assert told.count("\n") == 2
    for secret in ("geheim", "livekit-secret", "an internal secret", "key-1"):
        assert secret not in told


@pytest.mark.usefixtures("environment")
def test_no_secret_is_shown_by_the_settings_either() -> None:
    shown = repr(settings.load())
    assert "livekit-secret" not in shown
    assert "an internal secret" not in shown


@pytest.mark.parametrize("too_long_by", [0, 1, 20])
def test_a_state_folder_too_deep_for_a_unix_socket_is_a_sentence(too_long_by: int, environment: dict[str, str]) -> None:
    room = 107 - len("/worker/spool.sock")
    environment["TRUNKLINE_STATE_DIR"] = "/" + "ü" * 40 + "x" * (room - 81 + too_long_by)
    if too_long_by == 0:
        assert len(os.fsencode(settings.load().socket_path)) == 107
        return
    assert problems() == (
        f"TRUNKLINE_STATE_DIR: this path is {too_long_by} bytes too long for the unix socket below it.",
    )


@pytest.mark.usefixtures("environment")
def test_variables_may_stand_in_a_file_and_the_environment_goes_first(tmp_path: pathlib.Path) -> None:
    (tmp_path / ".env").write_text("TRUNKLINE_MAX_CALLS=3\nLIVEKIT_URL=ws://elsewhere\nUNRELATED=1\n")
    config = settings.load()
    assert config.trunkline_max_calls == 3
    assert config.livekit_url == NEEDED["LIVEKIT_URL"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIVEKIT_URL", "nonsense"),
        ("TRUNKLINE_DISPATCH_URL", "ftp://dispatch"),
        ("TRUNKLINE_INTERNAL_SECRET", "short"),
    ],
)
def test_a_value_that_cannot_work_is_refused_and_not_shown(environment: dict[str, str], name: str, value: str) -> None:
    environment[name] = value
    with pytest.raises(errors.ConfigurationInvalid) as caught:
        settings.load()
    (problem,) = caught.value.problems
    assert problem.startswith(f"{name}: ")
    assert value not in problem

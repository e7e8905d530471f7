"""`trunkline lab up`: its arguments."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer import testing

from cli import lab as command
from lab import applications, labs, provider_sets

pytestmark = pytest.mark.unit


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[labs.LabOptions]:
    """What labs the command would have started."""
    asked: list[labs.LabOptions] = []

    async def stay_up(options: labs.LabOptions) -> int:
        asked.append(options)
        return 0

    monkeypatch.setattr(command, "_stay_up", stay_up)
    return asked


def _run(*words: str) -> testing.Result:
    return testing.CliRunner().invoke(command.app, ["up", *words])


def test_defaults_are_the_sample_set_offline_on_free_ports(asked_for: list[labs.LabOptions]) -> None:
    assert _run().exit_code == 0
    (options,) = asked_for
    assert options.config is None
    assert options.providers is provider_sets.ProviderSet.OFFLINE
    assert options.sip_port is None
    assert options.http_port is None


def test_options_reach_the_lab(asked_for: list[labs.LabOptions], tmp_path: Path) -> None:
    words = ["--config", str(tmp_path), "--providers", "simulated", "--sip-port", "5060", "--http-port", "8080"]
    assert _run(*words).exit_code == 0
    (options,) = asked_for
    assert options.config == tmp_path
    assert options.providers is provider_sets.ProviderSet.SIMULATED
    assert (options.sip_port, options.http_port) == (5060, 8080)


@pytest.mark.parametrize("name", provider_sets.ProviderSet)
def test_every_provider_set_can_be_asked_for(name: str, asked_for: list[labs.LabOptions]) -> None:
    assert _run("--providers", name).exit_code == 0
    assert asked_for[0].providers == name


@pytest.mark.parametrize(
    "words", [["--providers", "cloud"], ["--sip-port", "0"], ["--http-port", "65536"], ["--sip-port", "x"], ["extra"]]
)
def test_wrong_arguments_are_refused(words: list[str], asked_for: list[labs.LabOptions]) -> None:
    assert _run(*words).exit_code == 2
    assert asked_for == []


def test_help_does_not_import_the_lab() -> None:
    program = "import sys, cli.lab; print([name for name in sys.modules if name == 'lab' or name.startswith('lab.')])"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert shown.stdout.strip() == "[]"


def test_what_the_configuration_names_may_stand_in_an_env_file(
    asked_for: list[labs.LabOptions], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("TRUNKLINE_WEBHOOK_SECRET=of the file\nTRUNKLINE_API_KEY=of another deployment\n")
    assert _run().exit_code == 0
    assert asked_for[0].environment["TRUNKLINE_WEBHOOK_SECRET"] == "of the file"
    reaching = applications.user_environment(asked_for[0].environment)
    assert reaching["TRUNKLINE_WEBHOOK_SECRET"] == "of the file"
    assert "TRUNKLINE_API_KEY" not in reaching

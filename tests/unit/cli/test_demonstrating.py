"""The demonstration: its choice of providers, and how its verdict is shown."""

from __future__ import annotations

import pytest
from typer import testing

from cli import demonstrating, main
from lab import provider_sets
from lab.scenarios import verdicts

pytestmark = pytest.mark.unit

KEYS = {vendor.key: "secret" for vendor in provider_sets.VENDORS}


def test_without_every_key_nothing_leaves_this_machine() -> None:
    assert demonstrating._providers(KEYS) is provider_sets.ProviderSet.REAL
    for name in KEYS:
        assert demonstrating._providers({**KEYS, name: ""}) is provider_sets.ProviderSet.OFFLINE


def test_one_failed_check_fails_the_whole_and_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    passed = verdicts.Check(what="it rang", passed=True, detail="3 times")
    failed = verdicts.Check(what="turn 1 got the right answer", passed=False, detail="missing: [/red]")
    assert demonstrating.print_verdict([passed])
    assert not demonstrating.print_verdict([passed, failed])
    shown = capsys.readouterr().out
    assert "ok   it rang  3 times\n" in shown
    assert "FAIL turn 1 got the right answer  missing: [/red]\n" in shown


def test_a_scenario_that_does_not_exist_is_a_sentence() -> None:
    shown = testing.CliRunner().invoke(main.app, ["demo", "--once", "--scenario", "nowhere"])
    assert shown.exit_code == 78
    assert shown.stderr == "there is no scenario nowhere, only front-desk; or name a .yaml file\n"

"""The command: it always comes to an end, in lines or in JSON, and never with a traceback."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

import pytest
from typer import testing

from callcore import errors
from cli import main
from cli.diagnosing import findings, reports, rounds, surroundings, table
from tests.unit.cli import diagnosed

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
LIMIT_S = 10.0
STATUSES = {"ok", "warning", "failed", "skipped"}


def check(ask: rounds.Ask) -> rounds.Check:
    return rounds.Check(name="one", ask=ask)


async def hangs(_: surroundings.Surroundings) -> findings.Finding:
    await asyncio.Event().wait()
    raise AssertionError


async def breaks(_: surroundings.Surroundings) -> findings.Finding:
    raise KeyError("hunter22")


async def raises_ours(_: surroundings.Surroundings) -> findings.Finding:
    raise errors.Unavailable("Nobody is there.")


async def is_fine(_: surroundings.Surroundings) -> findings.Finding:
    return findings.ok("fine")


async def test_check_that_hangs_or_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "CHECK_S", 0.05)
    results = await rounds.run([check(ask) for ask in (hangs, breaks, raises_ours, is_fine)], diagnosed.around())
    assert [result.finding.status.value for result in results] == ["failed", "failed", "failed", "ok"]
    seen = [result.finding.seen for result in results]
    assert seen[1:3] == ["the check itself broke (KeyError)", "Nobody is there."]
    assert all(result.finding.cure for result in results[:3])
    assert not reports.is_well(results)
    assert reports.is_well(results[3:])


async def test_report() -> None:
    warned = rounds.Result(name="ports", finding=findings.warning("a\x1b[31mb\nc", "mend it"))
    fine = rounds.Result(name="clock", finding=findings.ok("fine"))
    assert list(reports.lines([warned, fine])) == [
        "warning  ports  a [31mb c → mend it",
        "ok       clock  fine",
        "0 failed, 1 warnings",
    ]
    named = rounds.Result(name="rules", finding=findings.failed("no trunk/+12015550123", "apply"))
    assert "5550123" not in reports.as_json([named]) + "".join(reports.lines([named]))
    assert json.loads(reports.as_json([fine])) == {
        "ok": True,
        "checks": [{"name": "clock", "status": "ok", "seen": "fine", "cure": ""}],
    }


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str, **environment: str) -> testing.Result:
    """Doctor in a folder of its own, with nothing but this environment."""
    monkeypatch.chdir(folder)
    for name in ("TRUNKLINE", "LIVEKIT", "DATABASE"):
        for variable in [key for key in os.environ if key.startswith(name)]:
            monkeypatch.delenv(variable)
    began = time.monotonic()
    result = testing.CliRunner().invoke(main.app, ["doctor", *words], env=dict(environment))
    assert time.monotonic() - began < LIMIT_S
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_nothing_is_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(tmp_path, monkeypatch, "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["ok"]) == (1, False)
    checks = {one["name"]: one for one in said["checks"]}
    assert list(checks) == [one.name for one in table.CHECKS]
    assert {one["status"] for one in checks.values()} <= STATUSES
    for name in ("TRUNKLINE_INTERNAL_SECRET", "LIVEKIT_API_SECRET"):
        assert f"{name} is not set" in checks["dispatch-settings"]["seen"]
    assert all(one["cure"] for one in checks.values() if one["status"] in ("warning", "failed"))


def test_everything_is_broken_and_no_secret_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = diagnosed.closed_port()
    (tmp_path / "sip.yaml").write_text("redis: [")
    (tmp_path / "livekit.yaml").mkdir()
    (tmp_path / ".env").write_text(f"LIVEKIT_API_SECRET={diagnosed.LIVEKIT_SECRET}\n")
    result = run(
        tmp_path,
        monkeypatch,
        TRUNKLINE_API_KEY=diagnosed.API_KEY,
        TRUNKLINE_INTERNAL_SECRET=diagnosed.INTERNAL_SECRET,
        LIVEKIT_URL=f"ws://u:hunter22@127.0.0.1:{port}",
        LIVEKIT_API_KEY="key",
        TRUNKLINE_REDIS_URL=f"redis://:hunter22@127.0.0.1:{port}",
        TRUNKLINE_DISPATCH_URL=f"http://u:hunter22@127.0.0.1:{port}",
        TRUNKLINE_HTTP_PORT=str(port),
        TRUNKLINE_CONFIG=str(tmp_path / "nowhere"),
    )
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert len(lines) == len(table.CHECKS) + 1
    failed = {line.split()[1] for line in lines if line.startswith("failed")}
    assert {"configuration", "redis", "livekit", "dispatch"} <= failed
    for secret in (diagnosed.API_KEY, diagnosed.INTERNAL_SECRET, diagnosed.LIVEKIT_SECRET, "hunter22"):
        assert secret not in result.output

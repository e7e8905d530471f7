"""Commands come to an end, whatever hangs in them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
LIMIT_S = 20.0


def test_doctor_ends_though_a_thread_hangs(tmp_path: Path) -> None:
    program = """
import sys, threading, pathlib
from cli import examining
from cli.diagnosing import surroundings
surroundings.LOAD_S = 0.5
surroundings.yaml_files.read = lambda path: threading.Event().wait()
sys.exit(examining.examine(None, pathlib.Path("a"), pathlib.Path("b"), as_json=True))
"""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, timeout=LIMIT_S
    )
    assert ended.returncode == 1
    assert ended.stderr == b""
    checks = {one["name"]: one for one in json.loads(ended.stdout)["checks"]}
    assert "took longer" in checks["rtp-ports"]["seen"]

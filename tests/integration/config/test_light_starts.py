"""What a command does not need it does not load: `--help` and `check` answer at once."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

HEAVY = ("livekit", "sqlalchemy", "aiohttp", "pydantic", "numpy")
HELP = """
import json, sys
from cli import main
sys.argv = ["trunkline", *sys.argv[1:]]
try:
    main.main()
finally:
    sys.stderr.write(json.dumps(sorted(sys.modules)))
"""


def test_help_loads_nothing_heavy() -> None:
    assert loaded_by("--help").isdisjoint(HEAVY)


@pytest.mark.parametrize("words", [["calls", "tail"], ["lab", "up"]])
def test_help_of_a_command_loads_nothing_heavy(words: list[str]) -> None:
    # Typer itself brings pydantic in for a command that has options.
    assert loaded_by(*words, "--help").isdisjoint({*HEAVY} - {"pydantic"})


def loaded_by(*words: str) -> set[str]:
    """The top-level packages that a command imports."""
    shown = subprocess.run([sys.executable, "-c", HELP, *words], capture_output=True, text=True, check=True, timeout=30)
    assert "Usage: trunkline" in shown.stdout
    loaded = {name.partition(".")[0] for name in json.loads(shown.stderr)}
    assert {"typer", "cli"} <= loaded
    return loaded


def test_check_loads_neither_livekit_nor_the_stores() -> None:
    script = "import sys; from cli import main, configuring; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    tops = {name.partition(".")[0] for name in loaded.stdout.split()}
    assert tops.isdisjoint({"livekit", "sqlalchemy", "aiohttp", "numpy", "holidays", "cel_expr_python"})

"""`--help` loads nothing heavy, and the README's table names the commands that there are."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer.main

from cli import main

pytestmark = pytest.mark.unit

README = pathlib.Path(__file__).parents[3] / "README.md"
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


def test_the_readme_lists_every_command_and_no_other() -> None:
    section = README.read_text().split("\n## Commands\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert set(documented(rows)) == set(commands(typer.main.get_command(main.app)))


def test_every_command_that_the_readme_uses_exists() -> None:
    known = set(commands(typer.main.get_command(main.app)))
    used = re.findall(r"\btrunkline ((?:[a-z]+ ?)+)", "\n".join(code_of(README.read_text())))
    assert used
    for words in used:
        path = tuple(words.split())
        assert any(path[: len(command)] == command for command in known), words


def commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command in the tree, without those of groups alone."""
    below = getattr(command, "commands", None)
    if below is None:
        yield path
        return
    for name, inner in below.items():
        yield from commands(inner, (*path, name))


def documented(cells: list[str]) -> Iterator[tuple[str, ...]]:
    """The commands in the table's first column: `trunkline calls list` · `show ID` has two, of one group."""
    for cell in cells:
        group: tuple[str, ...] = ()
        for code in re.findall(r"`([^`]+)`", cell):
            words = [word for word in code.split() if re.fullmatch(r"[a-z]+", word)]
            path = tuple(words[1:]) if words[0] == "trunkline" else (*group, *words)
            group = path[:-1]
            yield path


def code_of(markdown: str) -> Iterator[str]:
    for block, inline in re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", markdown, re.DOTALL):
        yield block or inline

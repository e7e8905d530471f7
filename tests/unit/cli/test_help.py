"""The README's table names the commands that there are."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

import pytest
import typer.main

from cli import main

pytestmark = pytest.mark.unit

README = pathlib.Path(__file__).parents[3] / "README.md"


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

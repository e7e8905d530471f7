"""`docs/configuration.md` lists every variable of prompts with all its parts, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sip_config.templates import variables

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"
NAME = re.compile(r"`(\w*)(?:\.(\w+))?`")


def test_the_table_lists_every_variable_and_part() -> None:
    section = PAGE.read_text(encoding="utf-8").split("| variable | what it says |", 1)[1].split("\n\n", 1)[0]
    listed: dict[str, set[str]] = {}
    for row in section.splitlines()[2:]:
        names = [match.groups() for match in NAME.finditer(row.split("|")[1])]
        listed[names[0][0]] = {part for _, part in names if part}
    # The parts of `now` stand in its meaning, and those of open ones are anybody's.
    known = {name: set(parts) for name, parts in variables.parts().items()}
    assert listed == {**known, "now": set(), **{name: {"NAME"} for name in variables.OPEN}}

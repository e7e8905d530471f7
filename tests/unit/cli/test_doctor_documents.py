"""The table in docs/running.md names the checks that there are, in their order."""

from __future__ import annotations

import pathlib
import re

import pytest

from cli.diagnosing import table

pytestmark = pytest.mark.unit

RUNNING = pathlib.Path(__file__).parents[3] / "docs" / "running.md"


def test_every_check_is_in_the_documents_table() -> None:
    section = RUNNING.read_text().split("## trunkline doctor\n", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE) == [check.name for check in table.CHECKS]

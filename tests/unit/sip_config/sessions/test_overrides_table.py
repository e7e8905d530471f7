"""`docs/overrides.md` lists everything that a call may change, with its meaning, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pydantic
import pytest
from pydantic import alias_generators

from sip_config.sessions import merging, overrides

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).parents[4] / "docs" / "overrides.md").read_text(encoding="utf-8")
TABLES = [
    re.findall(r"^\| `(\w+)` \| (.*) \|$", part, re.MULTILINE) for part in PAGE.split("| field | what it changes |")[1:]
]
MODELS = (overrides.Overrides, overrides.Intent, overrides.Constraints, overrides.AllowedProviders)


@pytest.mark.parametrize(("table", "model"), list(zip(TABLES, MODELS, strict=True)))
def test_each_table_is_that_of_its_model(table: list[tuple[str, str]], model: type[pydantic.BaseModel]) -> None:
    meant = [(alias_generators.to_camel(name), field.description) for name, field in model.model_fields.items()]
    assert sorted(table) == sorted((name, text) for name, text in meant if text is not None)
    assert len(table) == len(model.model_fields)


def test_the_page_says_what_may_not_be_changed() -> None:
    never = PAGE.split("## What may not be changed", 1)[1].split('"cannot be set', 1)[0]
    assert set(re.findall(r"`(\w+)`", never)) == {alias_generators.to_camel(name) for name in merging.NEVER}


def test_its_example_is_one() -> None:
    example = json.loads(PAGE.split("```json", 1)[1].split("```", 1)[0])
    assert {alias_generators.to_snake(name) for name in example} >= {"first_message", "voice", "llm", "stt_options"}
    known = {alias_generators.to_camel(name) for name in overrides.Overrides.model_fields}
    assert example.keys() - known == {"to", "agentId", "variables"}

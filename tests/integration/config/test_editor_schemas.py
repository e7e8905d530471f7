"""`trunkline schema` to an editor: it takes what `init` writes, read by YAML's own rules, and underlines a slip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from sip_config import editor_schemas, samples

pytestmark = pytest.mark.integration

KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def wrong(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str = "") -> Iterator[str]:
    """Where a value breaks a schema, by those rules of JSON Schema that ours use."""
    if "$ref" in schema:
        yield from wrong(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, at)
    kind = schema.get("type")
    if kind == "null" and value is None:
        return
    if kind is not None and (kind == "null" or not isinstance(value, KINDS[kind])):
        yield at
        return
    if value != schema.get("const", value) or value not in schema.get("enum", [value]):
        yield at
    for word, most in (("anyOf", 99), ("oneOf", 1)):
        if word in schema and not 1 <= sum(not list(wrong(value, one, root)) for one in schema[word]) <= most:
            yield at
    if isinstance(value, dict):
        yield from _wrong_members(value, schema, root, at)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        yield from wrong(item, schema.get("items", {}), root, f"{at}.{index}")


def _wrong_members(value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any], at: str) -> Iterator[str]:
    yield from (f"{at}.{name}" for name in schema.get("required", ()) if name not in value)
    names = schema.get("propertyNames", {}).get("pattern", "")
    for name, member in value.items():
        inner = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
        if inner is False or not re.search(names, name):
            yield f"{at}.{name}"
        else:
            yield from wrong(member, inner, root, f"{at}.{name}")


def underlined(file: str, text: str) -> list[str]:
    schema: dict[str, Any] = editor_schemas.make("agent" if file.startswith("agents/") else file.removesuffix(".yaml"))
    return list(wrong(YAML(typ="safe", pure=True).load(text), schema, schema))


def test_the_sample_is_right() -> None:
    settings = [name for name in samples.files() if name.endswith(".yaml") and not name.endswith(".flow.yaml")]
    assert {name: underlined(name, samples.files()[name]) for name in settings} == {name: [] for name in settings}


@pytest.mark.parametrize(
    ("file", "right", "slip", "at"),
    [
        ("numbers.yaml", "agent: front", "agnet: front", ".numbers.0.agnet"),
        ("numbers.yaml", "always_on", "always-on", ".numbers.0.work_mode"),
        ("organization.yaml", "name:", "nmae:", ".organization.nmae"),
        ("organization.yaml", "mon-fri", "mon-fir", ".hours"),
        ("organization.yaml", "holidays:", "holidys:", ".hours"),
        ("trunks.yaml", "outbound:", "outbond:", ".trunks.lab.outbond"),
        ("agents/front-desk.yaml", "- end_call", "- endcall", ".tools.0"),
        ("agents/front-desk.yaml", "voice: slt", "vioce: slt", ".tts"),
    ],
)
def test_a_slip_is_underlined(file: str, right: str, slip: str, at: str) -> None:
    assert at in underlined(file, samples.files()[file].replace(right, slip, 1))

"""JSON Schema (2020-12) of the YAML files, for editors.

An editor reads YAML by its own rules: what it takes for a number or a switch is text to us, and may be written so.
"""

from __future__ import annotations

import pydantic

from sip_config import schema

KINDS: dict[str, type[pydantic.BaseModel]] = {
    "organization": schema.OrganizationFile,
    "trunks": schema.TrunksFile,
    "numbers": schema.NumbersFile,
    "agent": schema.Agent,
}
"""What each kind of file holds."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def make(kind: str) -> dict[str, object]:
    """The schema of one kind of file.

    A file names it in its first line: `# yaml-language-server: $schema=organization.schema.json`.
    """
    made = KINDS[kind].model_json_schema()
    for model in made.get("$defs", {}).values():
        if "provider" in (properties := model.get("properties", {})):
            properties["provider"].setdefault("description", "Selects these settings.")
    return {"$schema": _DIALECT, **made}

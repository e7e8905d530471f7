"""Checks a document against a model and says what is wrong in the author's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import pydantic
import pydantic_core

from sip_config import documents, problems

Model = TypeVar("Model", bound=pydantic.BaseModel)

_MESSAGES = {
    "missing": "is missing",
    "union_tag_not_found": "`provider` is missing",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a group of keys",
    "model_type": "must be a group of keys",
    "model_attributes_type": "must be a group of keys",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "string_too_short": "is empty",
}
"""By pydantic's type of error; others are told in pydantic's words."""


def check(document: documents.Document, model: type[Model]) -> tuple[Model | None, list[problems.Problem]]:
    """The document as a model, or None, and every problem, those of its YAML included."""
    found = list(document.found)
    if document.data is None:
        return None, found or [document.problem((), "the file is empty")]
    try:
        return model.model_validate(document.data), found
    except pydantic.ValidationError as error:
        known = {problem.path for problem in found}
        new = (problem for problem in _problems(error, document, model) if problem.path not in known)
        found += problems.bounded(new)
    return None, found


def members(document: documents.Document, key: str, model: type[Model]) -> Iterator[tuple[str | int, Model]]:
    """Those members of a top-level list or mapping that are valid by themselves, whatever the others are."""
    for name, data in document.items(key).items():
        try:
            yield name, model.model_validate(data)
        except pydantic.ValidationError:
            continue  # `check` tells what is wrong with it


def _problems(
    error: pydantic.ValidationError, document: documents.Document, model: type[Model]
) -> Iterator[problems.Problem]:
    schema: dict[str, Any] | None = None
    for item in error.errors(include_url=False, include_input=False):
        path = _written_path(item, document)
        if item["type"] == "extra_forbidden":
            schema = schema or model.model_json_schema()
            names = _keys(schema, item["loc"][:-1])
            yield document.problem(path, f"unknown key{problems.nearest(str(item['loc'][-1]), names)}")
        else:
            yield document.problem(path, _message(item, document.value(path)))


def _message(item: pydantic_core.ErrorDetails, value: documents.Plain) -> str:
    kind = item["type"]
    if value is None and kind not in ("missing", "wrong_value"):
        return "is empty"
    if kind in ("literal_error", "enum"):
        expected = str(item["ctx"]["expected"])
        return f"must be {expected.replace(chr(39), '`')}"
    if kind == "string_pattern_mismatch":
        return f"must look like {item['ctx']['pattern']}"
    message = _MESSAGES.get(kind, item["msg"])
    return message[:1].lower() + message[1:]


def _written_path(item: pydantic_core.ErrorDetails, document: documents.Document) -> problems.Path:
    """The location without the names of union members, which stand in no file."""
    path: problems.Path = ()
    for part in item["loc"]:
        if (*path, part) in document.places:
            path = (*path, part)
    return (*path, item["loc"][-1]) if item["type"] == "missing" else path


def _keys(schema: dict[str, Any], location: tuple[str | int, ...]) -> set[str]:
    """The keys that the model allows at a location, by its JSON Schema."""
    found = [schema]
    for part in location:
        found = [inner for node in found for inner in _inside(_resolved(node, schema), part, schema)]
    return {key for node in found for variant in _variants(node, schema) for key in variant.get("properties", {})}


def _inside(node: dict[str, Any], part: str | int, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    by_tag = node.get("discriminator", {}).get("mapping", {})
    if part in by_tag:
        yield {"$ref": by_tag[part]}
        return
    for variant in _variants(node, schema):
        if isinstance(part, int) and "items" in variant:
            yield variant["items"]
        elif part in variant.get("properties", {}):
            yield variant["properties"][part]
        elif isinstance(variant.get("additionalProperties"), dict):
            yield variant["additionalProperties"]


def _variants(node: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """A node, or the nodes it may be one of."""
    node = _resolved(node, schema)
    choices = node.get("anyOf") or node.get("oneOf")
    return [inner for choice in choices for inner in _variants(choice, schema)] if choices else [node]


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    return schema["$defs"][reference.removeprefix("#/$defs/")] if reference else node

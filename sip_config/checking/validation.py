"""Checks a document against a model and says what is wrong in the author's language."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import pydantic
import pydantic_core

from sip_config import problems
from sip_config.checking import later
from sip_config.reading import documents

Model = TypeVar("Model", bound=pydantic.BaseModel)

_LIST = "must be a list: `[one, two]`, or lines that begin with `-`"
_GROUP = "must be a group of keys: `{key: value}`, or lines of `key: value` below it"
_MESSAGES = {
    "missing": "is missing",
    "union_tag_not_found": "`provider` is missing",
    "string_type": "must be text",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _GROUP,
    "model_type": _GROUP,
    "model_attributes_type": _GROUP,
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "string_too_short": "is empty",
    "string_unicode": "holds a character that cannot stand in a text",
}
"""By pydantic's type of error; others are told in pydantic's words."""

_NO_DEFAULT = "default_factory_not_called"
"""Pydantic's type of error for a default that goes by other settings, when one of those is wrong: that is told."""

_LIMITS = {
    "greater_than_equal": ("ge", "must be at least"),
    "greater_than": ("gt", "must be more than"),
    "less_than_equal": ("le", "must be at most"),
    "less_than": ("lt", "must be less than"),
}
"""By pydantic's type of error: the name of the limit that it holds, and what to say of it."""


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Draft(Generic[Model]):
    """As much of a value as can be read: the keys in `broken` are wrong or missing, and have their default or None."""

    value: Model
    broken: frozenset[str]

    def has(self, *keys: str) -> bool:
        """Whether keys hold what the author meant."""
        return self.broken.isdisjoint(keys)


def drafts(document: documents.Document, key: str, model: type[Model]) -> Iterator[tuple[str | int, Draft[Model]]]:
    """The members of a top-level list or mapping, as far as each can be read; `check` tells what is wrong with them."""
    for name, data in document.items(key).items():
        if (draft := _draft(data, model)) is not None:
            yield name, draft


def _draft(data: documents.Plain, model: type[Model]) -> Draft[Model] | None:
    try:
        return Draft(value=model.model_validate(data), broken=frozenset())
    except pydantic.ValidationError as error:
        broken = {str(item["loc"][0]) for item in error.errors(include_url=False) if item["loc"]}
    if not isinstance(data, dict):
        return None
    try:
        rest = {key: value for key, value in data.items() if key not in broken}
        return Draft(value=_lenient(model).model_validate(rest), broken=frozenset(broken))
    except pydantic.ValidationError:
        return None  # its keys do not go together


@functools.cache
def _lenient(model: type[Model]) -> type[Model]:
    """A model that misses nothing."""
    required: dict[str, Any] = {
        name: field.rebuild_annotation() for name, field in model.model_fields.items() if field.is_required()
    }
    optional: dict[str, Any] = {name: (kind | None, None) for name, kind in required.items()}
    return pydantic.create_model(f"{model.__name__}Draft", __base__=model, **optional)


def _problems(
    error: pydantic.ValidationError, document: documents.Document, model: type[Model]
) -> Iterator[problems.Problem]:
    for item in error.errors(include_url=False, include_input=False):
        if item["type"] == _NO_DEFAULT:
            continue
        path = _written_path(item, document)
        if item["type"] == "extra_forbidden":
            yield document.problem(path, _unknown_key(str(item["loc"][-1]), _json_schema(model), item["loc"][:-1]))
        elif item["type"] == "wrong_text":
            place = document.place(path)
            for mistake in item["ctx"]["mistakes"]:
                line, column = place.within(mistake.line, mistake.column)
                yield problems.Problem(file=document.name, line=line, column=column, path=path, message=mistake.message)
        else:
            yield document.problem(path, _message(item, document.value(path)))


def _message(item: pydantic_core.ErrorDetails, value: documents.Plain) -> str:
    kind = item["type"]
    if value is None and kind not in ("missing", "wrong_value"):
        return "is empty"
    if kind in ("literal_error", "enum"):
        expected = str(item["ctx"]["expected"])
        return f"must be {expected.replace(chr(39), '`')}"
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        return f"{words} {item['ctx'][name]}"
    if kind in ("too_short", "too_long", "string_too_long"):
        return _wrong_length(item["ctx"], value)
    message = _MESSAGES.get(kind, item["msg"])
    return message[:1].lower() + message[1:]


def _wrong_length(context: Mapping[str, Any], value: documents.Plain) -> str:
    if context.get("actual_length") == 0:
        return "is empty"
    what = "characters" if isinstance(value, str) else "entries"
    most = context.get("max_length")
    return f"must have at least {context['min_length']} {what}" if most is None else f"may have {most} {what} at most"


def _written_path(item: pydantic_core.ErrorDetails, document: documents.Document) -> problems.Path:
    """The location without the names of union members, which stand in no file."""
    path: problems.Path = ()
    for part in item["loc"]:
        if (*path, part) in document.places:
            path = (*path, part)
    return (*path, item["loc"][-1]) if item["type"] == "missing" else path


@functools.cache
def _json_schema(model: type[pydantic.BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _unknown_key(key: str, schema: dict[str, Any], location: tuple[str | int, ...]) -> str:
    """What to tell of a key that the model does not allow at a location, by its JSON Schema."""
    found = [schema]
    for part in location:
        found = [inner for node in found for inner in _inside(_resolved(node, schema), part, schema)]
    variants = [variant for node in found for variant in _variants(node, schema)]
    if any(later.is_key(variant.get("title", ""), key) for variant in variants):
        return later.message(key)
    names = {name for variant in variants for name in variant.get("properties", {})}
    return f"unknown key{problems.nearest(key, names)}"


def _inside(node: dict[str, Any], part: str | int, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    by_tag = node.get("discriminator", {}).get("mapping", {})
    if part in by_tag:
        yield {"$ref": by_tag[part]}
        return
    variants = _variants(node, schema)
    found = [
        variant.get("items") if isinstance(part, int) else variant.get("properties", {}).get(part)
        for variant in variants
    ] + [variant.get("additionalProperties") for variant in variants if isinstance(part, str)]
    inner = [item for item in found if isinstance(item, dict)]
    yield from inner or [node]  # the tag of a union's member stands in no file


def _variants(node: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """A node, or the nodes it may be one of."""
    node = _resolved(node, schema)
    choices = node.get("anyOf") or node.get("oneOf")
    return [inner for choice in choices for inner in _variants(choice, schema)] if choices else [node]


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    return schema["$defs"][reference.removeprefix("#/$defs/")] if reference else node

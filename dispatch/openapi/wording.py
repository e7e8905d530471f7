"""JSON Schema in words, for the page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from dispatch.openapi import noting

Json = noting.Json


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a type's description."""

    text: str
    refers: bool = False
    """Whether it is the name of a component."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Field:
    """A property of an object."""

    name: str
    type: tuple[Part, ...]
    limits: str
    required: bool
    description: str


def parts(schema: Json) -> tuple[Part, ...]:
    """What values a schema lets through: `list of Call or null`."""
    return tuple(_parts(schema))


def _parts(schema: Json) -> Iterator[Part]:
    match schema:
        case {"$ref": str(reference)}:
            yield Part(text=reference.rsplit("/", 1)[1], refers=True)
        case {"anyOf": list(choices)} | {"oneOf": list(choices)}:
            yield from _joined(choices)
        case {"const": value}:
            yield Part(text=json.dumps(value))
        case {"enum": list(values)}:
            yield Part(text=" or ".join(json.dumps(value) for value in values))
        case {"type": list(names)}:
            yield from _joined([{**schema, "type": name} for name in names])
        case {"type": "array"}:
            yield Part(text="list of ")
            yield from _parts(schema.get("items", {}))
        case {"type": "object", "additionalProperties": dict(values)}:
            yield Part(text="map to ")
            yield from _parts(values)
        case {"format": str(name), "type": "string"}:
            yield Part(text=name)
        case {"type": str(name)}:
            yield Part(text=name)
        case _:
            yield Part(text="anything")


def _joined(choices: list[Json]) -> Iterator[Part]:
    for place, choice in enumerate(choices):
        if place:
            yield Part(text=" or ")
        yield from _parts(choice)


_LIMITS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "length ≥ {}",
    "maxLength": "length ≤ {}",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "maxProperties": "at most {} of them",
    "pattern": "`{}`",
    "default": "default {}",
}


def limits(schema: Json) -> str:
    """What else a schema demands."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    said = [
        words.format(value if name == "pattern" else json.dumps(value, ensure_ascii=False))
        for name, words in _LIMITS.items()
        if (value := schema.get(name)) is not None
    ]
    return ", ".join([*said, *(text for choice in choices if (text := limits(choice)))])


def fields(schema: Json) -> tuple[Field, ...]:
    """The properties of an object."""
    required = set(schema.get("required", ()))
    return tuple(
        Field(
            name=name,
            type=parts(inner),
            limits=limits(inner),
            required=name in required,
            description=inner.get("description", ""),
        )
        for name, inner in schema.get("properties", {}).items()
    )

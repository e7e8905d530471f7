"""The models of the routes as JSON Schema (2020-12, which OpenAPI 3.1 takes as it is)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import pydantic
from pydantic import alias_generators, json_schema

from dispatch.http import problems, routes
from dispatch.openapi import noting

Json = noting.Json
Direction = Literal["validation", "serialization"]
"""What comes in, and what goes out: the same model may look different."""

REF = "#/components/schemas/{model}"
"""How a schema refers to a component."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Models:
    """The schemas of all types that routes name."""

    of_types: Mapping[tuple[object, Direction], Json]
    """Of a type: mostly a reference to one of the components."""
    components: Mapping[str, Json]

    def incoming(self, given: object) -> Json:
        return self.of_types[given, "validation"]

    def outgoing(self, given: object) -> Json:
        return self.of_types[given, "serialization"]

    def resolved(self, schema: Json) -> Json:
        """A schema itself, where it is only a reference to one."""
        reference = str(schema.get("$ref", ""))
        return self.components[reference.rsplit("/", 1)[1]] if reference else schema


def collect(table: Iterable[routes.AnyRoute], notes: Mapping[noting.PathOf, noting.Note]) -> Models:
    """The schemas of everything that these routes take and give.

    Raises:
        ValueError: two models would have the same name.
    """
    wanted: dict[tuple[object, Direction], pydantic.TypeAdapter[Any]] = {}

    def add(given: object, direction: Direction) -> None:
        wanted[given, direction] = pydantic.TypeAdapter(given)  # type: ignore[arg-type]

    add(problems.Problem, "serialization")
    for route in table:
        add(route.query, "validation")
        add(route.body, "validation")
        streamed = notes[route.method, route.path].stream.values()
        for answer in (*route.answers.values(), *streamed):
            if answer is not None and answer is not bytes:
                add(answer, "serialization")
    inputs = [((given, direction), direction, adapter) for (given, direction), adapter in wanted.items()]
    found, shared = pydantic.TypeAdapter.json_schemas(
        inputs, by_alias=True, ref_template=REF, schema_generator=Generator
    )
    of_types = {key: renamed(schema) for (key, _), schema in found.items()}
    components: dict[str, Json] = {}
    for name, schema in sorted(shared.get("$defs", {}).items()):
        named = renamed(schema) | {"title": component(name)}
        if components.setdefault(component(name), named) != named:
            raise ValueError(f"two models are called {component(name)}: give one of them another name in _NAMES")
    return Models(of_types=of_types, components=components)


def renamed(schema: Any, prefix: str = "") -> Any:  # JSON of any shape
    """With the names of components as the document has them."""
    if isinstance(schema, dict):
        return {
            name: REF.format(model=prefix + component(inner.rsplit("/", 1)[1]))
            if name == "$ref"
            else renamed(inner, prefix)
            for name, inner in schema.items()
        }
    return [renamed(inner, prefix) for inner in schema] if isinstance(schema, list) else schema


_PAGE = re.compile(r"Page_(?:\w+__)?(\w+)_")
_NAMES = {
    "Action": "CallAction",
    "Attempt": "TransferAttempt",
    "AttemptResult": "TransferAttemptResult",
    "CallsDirection": "CallDirection",
    "Counts": "ConfigurationCounts",
    "DeliveriesState": "DeliveryState",
    "Direction": "CallDirection",
    "Ended": "TranscriptEnded",
    "EndingsResult": "TerminationResult",
    "Fallback-Input": "TransferFallbackStrategy",
    "Kind": "TransferKind",
    "Kind-Input": "WebhookKind",
    "Learned": "ReferLearned",
    "Merged": "ImportResult",
    "Method": "TransferMethod",
    "NumbersDirection": "NumberDirection",
    "NumbersFallback": "ForwardFallback",
    "Reason": "TerminationReason",
    "ReferExperiencesResult": "ReferResult",
    "Refused": "RefusedRow",
    "Requester": "TransferRequester",
    "Result": "TerminationResult",
    "Route": "NumberRoute",
    "Source": "DoNotCallSource",
    "State": "TransferState",
    "State-Input": "DeliveryState",
    "Status": "CallStatus",
    "TargetsKind": "WebhookKind",
    "TransferWishesFallback": "TransferFallbackStrategy",
    "TransfersKind": "TransferKind",
    "TransfersState": "TransferState",
}
"""Where the name of a class says too little without its module. With `-Input`: only clients give one of that name."""


def component(given: str) -> str:
    """The name of a component: pydantic's, without what it puts in where two models have the same."""
    if given in _NAMES:
        return _NAMES[given]
    name = given.removesuffix("-Input").removesuffix("-Output")
    if page := _PAGE.fullmatch(name):
        name = f"{page[1]}Page"
    *modules, own = name.split("__")
    name = alias_generators.to_pascal(modules[-1]) + own if modules else own
    name = _NAMES.get(name, name)
    return f"{name}Input" if given.endswith("-Input") and name not in _NAMES.values() else name


class Generator(json_schema.GenerateJsonSchema):
    """Without titles: they repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

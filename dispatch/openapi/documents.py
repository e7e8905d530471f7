"""Puts the document together."""

from __future__ import annotations

import http
from collections.abc import Iterable, Mapping
from typing import Any

from dispatch.http import routes
from dispatch.openapi import models, noting, operations, parameters, refusals, webhooks
from dispatch.openapi.notes import told

Json = noting.Json
Notes = Mapping[noting.PathOf, noting.Note]

_INTRODUCTION = """\
Phone calls by an agent of yours. JSON over HTTP: names are camelCase, times RFC 3339 in UTC, durations seconds. \
What is not known is null. Every list is `items` and `nextCursor`, newest first.

A path that demands a key takes it as `Authorization: Bearer tl_<id>_<secret>`; each operation names the scope that \
the key needs, and `admin` is all of them. Errors are `application/problem+json`; a client may branch on their `code`.
"""


def build(
    table: Iterable[routes.AnyRoute], notes: Notes, told_of: Iterable[told.Webhook] = (), *, version: str
) -> Json:
    """The OpenAPI 3.1 document of these routes, of the operations that need no key, and of the webhooks that we send.

    Raises:
        KeyError: a route has no note, or a parameter of its path no description.
    """
    table = tuple(table)
    known = models.collect(table, notes)
    paths: dict[str, Json] = {}
    for route in table:
        note = notes[route.method, route.path]
        query = known.resolved(known.incoming(route.query))
        operation = _operation(route, note, known, query)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    sent, sent_components = webhooks.described(told_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Trunkline",
            "version": version,
            "description": _INTRODUCTION,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag.value} for tag in noting.Tag],
        "paths": paths | operations.PATHS,
        "webhooks": sent,
        "components": {
            "schemas": {**_named_in(paths, known.components), **sent_components},
            "responses": refusals.components(),
            "parameters": parameters.COMPONENTS,
            "headers": {**refusals.HEADERS, **_HEADERS},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key: `tl_<id>_<secret>`."}
            },
        },
    }


def _named_in(paths: Json, components: Mapping[str, Json]) -> Json:
    """The components that these paths lead to; what describes only a query is told as its parameters."""
    found: Json = {"Problem": components["Problem"]}
    left: list[Any] = [paths, components["Problem"]]
    while left:
        match left.pop():
            case {"$ref": str(reference)}:
                name = reference.rsplit("/", 1)[1]
                if name in components and name not in found:
                    found[name] = components[name]
                    left.append(found[name])
            case dict() as thing:
                left.extend(thing.values())
            case list() as things:
                left.extend(things)
    return dict(sorted(found.items()))


_HEADERS: Mapping[str, Json] = {
    "IdempotentReplayed": {
        "description": "`true` where this is the answer to an earlier request with the same `Idempotency-Key`.",
        "schema": {"const": "true"},
    }
}


def _operation(route: routes.AnyRoute, note: noting.Note, known: models.Models, query: Json) -> Json:
    found: Json = {"operationId": note.id, "tags": [note.tag.value], "summary": route.summary}
    if note.description:
        found["description"] = note.description
    found["parameters"] = list(parameters.of(route, note, query))
    if route.method in routes.WITH_BODY and route.body is not routes.Nothing:
        content = {"schema": known.incoming(route.body), "example": note.body}
        found["requestBody"] = {"required": _is_needed(known, route), "content": {"application/json": content}}
    answers = {str(status): _answer(route, status, note, known) for status in route.answers}
    found["responses"] = answers | refusals.of(route, note)
    found["security"] = [{"key": [route.scope.value]}] if route.scope is not None else []
    return found


def _is_needed(known: models.Models, route: routes.AnyRoute) -> bool:
    """Whether a request without a body is refused: a field in it has no default."""
    return bool(known.resolved(known.incoming(route.body)).get("required"))


def _answer(route: routes.AnyRoute, status: int, note: noting.Note, known: models.Models) -> Json:
    given = route.answers[status]
    answer: Json = {"description": http.HTTPStatus(status).phrase + "."}
    if route.is_idempotent:
        answer["headers"] = {"Idempotent-Replayed": {"$ref": "#/components/headers/IdempotentReplayed"}}
    if given is bytes:
        answer["content"] = {"audio/wav": {"schema": {"type": "string", "contentMediaType": "audio/wav"}}}
    elif given is not None:
        answer["content"] = {"application/json": {"schema": known.outgoing(given), "example": note.answer}}
        if note.stream:
            answer["content"]["text/event-stream"] = _stream(note, known)
    return answer


def _stream(note: noting.Note, known: models.Models) -> Json:
    """3.1 has no words for the events of a stream; their data are told as an extension."""
    data = {name: known.outgoing(given) for name, given in note.stream.items()}
    return {"schema": {"type": "string", "contentMediaType": "text/event-stream"}, "x-events": data}

"""Which errors an operation may answer with: by rule, and what its note adds."""

from __future__ import annotations

import dataclasses
import http
from collections.abc import Iterator, Mapping

from dispatch.http import problems, routes
from dispatch.openapi import noting

Json = noting.Json


@dataclasses.dataclass(frozen=True, kw_only=True)
class _General:
    """An error that any operation may have."""

    name: str
    """Among the components."""
    code: str
    """In its example."""
    meaning: str
    example: Json = dataclasses.field(default_factory=dict)
    """What else is in it."""


_GENERAL: dict[int, _General] = {
    400: _General(
        name="BadRequest",
        code="malformed_json",
        meaning="The body is not JSON, has a key twice, or is nested too deep.",
    ),
    401: _General(name="Unauthorized", code="unauthorized", meaning="No key, or none that is valid."),
    403: _General(name="Forbidden", code="missing_scope", meaning="The key has not the scope for it."),
    404: _General(name="NotFound", code="not_found", meaning="There is no such thing."),
    408: _General(name="RequestTimeout", code="request_timeout", meaning="The body did not arrive in time."),
    409: _General(name="Conflict", code="conflict", meaning="The request contradicts the present state."),
    413: _General(name="TooLarge", code="request_entity_too_large", meaning="The body is larger than this path takes."),
    415: _General(
        name="UnsupportedMediaType", code="unsupported_media_type", meaning="The body must be application/json."
    ),
    416: _General(name="RangeNotSatisfiable", code="range_not_satisfiable", meaning="There is no such part of it."),
    422: _General(
        name="Invalid",
        code="invalid_input",
        meaning="The input is not valid.",
        example={"errors": [{"path": "limit", "message": "Input should be less than or equal to 200"}]},
    ),
    429: _General(name="TooMany", code="too_many", meaning="Too many; `Retry-After` says when to try again."),
    500: _General(name="Internal", code="internal_error", meaning="Something went wrong here. The log has it."),
    503: _General(
        name="Unavailable",
        code="unavailable",
        meaning="Something this needs does not answer; try again later.",
    ),
}
_WITH_RETRY_AFTER = frozenset({403, 429, 503})
_CONFLICT_OF_KEYS = (
    "`idempotency_conflict`: the same `Idempotency-Key` came with another body. "
    "`deleted`: what the request made the first time is gone."
)


def of(route: routes.AnyRoute, note: noting.Note) -> Json:
    """Every error of a route, as the document says it; general ones by reference."""
    found: Json = {}
    for status in sorted({*_by_rule(route), *note.refusals}):
        said = [note.refusals[status]] if status in note.refusals else []
        if status == 409 and route.is_idempotent:
            said.append(_CONFLICT_OF_KEYS)
        found[str(status)] = _response(status, " ".join(said)) if said else _reference(status)
    return found


def components() -> Mapping[str, Json]:
    """The general errors, by the names that operations refer to."""
    return {general.name: _response(status, general.meaning) for status, general in _GENERAL.items()}


def _by_rule(route: routes.AnyRoute) -> Iterator[int]:
    yield from (422, 500)  # every route refuses parameters that it does not know
    if route.scope is not None:
        yield from (401, 403, 429, 503)
    if "{" in route.path:
        yield 404
    if route.method in routes.WITH_BODY:
        yield from (400, 408, 413, 415)
    if route.is_idempotent:
        yield 409


def _reference(status: int) -> Json:
    return {"$ref": f"#/components/responses/{_GENERAL[status].name}"}


def _response(status: int, description: str) -> Json:
    general = _GENERAL[status]
    schema: Json = {"$ref": "#/components/schemas/Problem"}
    example: Json = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": general.meaning,
        "code": general.code,
        **general.example,
    }
    response: Json = {
        "description": description,
        "content": {problems.CONTENT_TYPE: {"schema": schema, "example": example}},
    }
    headers = {
        name: {"$ref": f"#/components/headers/{name.replace('-', '')}"}
        for name, statuses in (("WWW-Authenticate", {401}), ("Retry-After", _WITH_RETRY_AFTER))
        if status in statuses
    }
    return response | ({"headers": headers} if headers else {})


HEADERS: Mapping[str, Json] = {
    "WWWAuthenticate": {"description": "How to present a key.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
}

"""Parameters of operations: in the path, in the query, in headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from callcore import ids
from dispatch.http import routes
from dispatch.openapi import noting

Json = noting.Json

CONTACT_ID = "ct_01kb8r9x4e6q0v3m5n7p9s1t3x"
"""Of the contact whose path is the example."""

TRANSFER_ID = "tr_01kb8r9x4e6q0v3m5n7p9s1t5z"
"""As well, of the transfer."""

DELIVERY_ID = "dlv_01kb8r9x4e6q0v3m5n7p9s1t4y"
"""As well, of the delivery."""

_NAME = re.compile(r"\{(\w+)\}")
_NUMBER = r"^\+?[1-9]\d{6,14}$"


def _id(kind: str) -> str:
    return rf"^{kind}_[0-9a-hjkmnp-tv-z]{{26}}$"


_IN_PATH: dict[str, Json] = {
    "/v1/calls/{id}": {
        "description": "The call.",
        "schema": {"type": "string", "pattern": _id(ids.CALL)},
        "example": "call_01kb8r9x4e6q0v3m5n7p9s1t2w",
    },
    "/v1/calls/{id}/transfers/{tid}": {
        "description": "The transfer.",
        "schema": {"type": "string", "pattern": _id(ids.TRANSFER)},
        "example": TRANSFER_ID,
    },
    "/v1/agents/{id}": {
        "description": "The agent: the name of its file.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
        "example": "front-desk",
    },
    "/v1/phone-numbers/{id}": {
        "description": "The number, with its plus (`%2B`) or without.",
        "schema": {"type": "string", "pattern": _NUMBER},
        "example": "+12015550100",
    },
    "/v1/contacts/{id}": {
        "description": "The contact.",
        "schema": {"type": "string", "pattern": _id(ids.CONTACT)},
        "example": CONTACT_ID,
    },
    "/v1/do-not-call/{e164}": {
        "description": "The number, with its plus (`%2B`) or without.",
        "schema": {"type": "string", "pattern": _NUMBER},
        "example": "+12015550166",
    },
    "/v1/webhooks/deliveries/{id}": {
        "description": "The delivery.",
        "schema": {"type": "string", "pattern": _id(ids.DELIVERY)},
        "example": DELIVERY_ID,
    },
    "/v1/keys/{id}": {
        "description": "The key: the part between the two lines below, `tl_<id>_…`.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9]{1,64}$"},
        "example": "crm",
    },
}


def of(route: routes.AnyRoute, note: noting.Note, query: Json) -> Iterator[Json]:
    """Every parameter of a route, `query` being the JSON Schema of its query model."""
    yield from _of_path(route.path)
    yield from _of_query(query)
    if route.is_idempotent:
        yield IDEMPOTENCY_KEY
    for name, description in note.headers.items():
        yield {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


IDEMPOTENCY_KEY: Json = {"$ref": "#/components/parameters/IdempotencyKey"}
COMPONENTS: Mapping[str, Json] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A name of yours for this request. Sent again with the same key and body within 24 h, it "
        "changes nothing and is answered as the first time; with another body it is a 409.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    }
}


def _of_path(path: str) -> Iterator[Json]:
    for found in _NAME.finditer(path):
        yield {"name": found[1], "in": "path", "required": True, **_IN_PATH[path[: found.end()]]}


def _of_query(schema: Json) -> Iterator[Json]:
    for name, described in schema.get("properties", {}).items():
        inner = _without_null(described)
        parameter: Json = {"name": name, "in": "query", "required": name in schema.get("required", ())}
        if description := inner.pop("description", None):
            parameter["description"] = description
        yield {**parameter, "schema": inner}


def _without_null(schema: Json) -> Json:
    """A parameter that is not given is absent: there is no null in a query."""
    kept = {name: value for name, value in schema.items() if name not in ("anyOf", "title")}
    if kept.get("default", ...) is None:
        del kept["default"]
    others = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    match others:
        case []:
            return kept
        case [only]:
            return {**only, **kept}
        case _:
            return {"anyOf": others, **kept}

"""The webhooks that we send, for the document: OpenAPI 3.1 has a place of their own for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pydantic

from dispatch.openapi import models, noting
from dispatch.openapi.notes import told

Json = noting.Json

_PREFIX = "Webhook"
"""Begins the names of their components: a webhook's report and the API's differ in the names of their fields."""

_HEADERS: tuple[Json, ...] = (
    {
        "name": "webhook-id",
        "in": "header",
        "required": True,
        "description": "The same however often it is sent: what comes twice is known by it.",
        "schema": {"type": "string"},
    },
    {
        "name": "webhook-timestamp",
        "in": "header",
        "required": True,
        "description": "When this attempt was made, in seconds since 1970.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    {
        "name": "webhook-signature",
        "in": "header",
        "required": True,
        "description": "`v1,` and the signature (Standard Webhooks); several, with a space between, while a secret is "
        "replaced by another.",
        "schema": {"type": "string"},
    },
)


def described(webhooks: Iterable[told.Webhook]) -> tuple[Json, Mapping[str, Json]]:
    """The document's `webhooks`, and the components that they refer to."""
    webhooks = tuple(webhooks)
    adapters = [(each.id, "validation", pydantic.TypeAdapter[Any](each.body)) for each in webhooks]
    schemas, shared = pydantic.TypeAdapter.json_schemas(
        adapters,  # type: ignore[arg-type]  # the modes are literals
        by_alias=True,
        ref_template=models.REF,
        schema_generator=models.Generator,
    )
    components = {
        _PREFIX + models.component(given): _whole(models.renamed(schema, _PREFIX))
        for given, schema in shared.get("$defs", {}).items()
    }
    return {
        each.id: {"post": _operation(each, models.renamed(schemas[each.id, "validation"], _PREFIX))}
        for each in webhooks
    }, components


def _operation(webhook: told.Webhook, schema: Json) -> Json:
    return {
        "operationId": "".join(word.capitalize() for word in f"on.{webhook.id}".replace("_", ".").split(".")),
        "tags": [noting.Tag.WEBHOOKS.value],
        "summary": webhook.summary,
        "description": webhook.description,
        "parameters": list(_HEADERS),
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": dict(webhook.example)}},
        },
        "responses": {"2XX": {"description": webhook.answer}},
        "security": [],
    }


def _whole(schema: Json) -> Json:
    """Every field is always there."""
    return schema | ({"required": list(schema["properties"])} if "properties" in schema else {})

"""The operations that need no key: what whoever runs the service asks it, and the document itself."""

from __future__ import annotations

from typing import Any

from dispatch import health
from dispatch.openapi import noting

Json = noting.Json

_TEXT: Json = {"type": "string"}


def _operation(name: str, summary: str, responses: Json) -> Json:
    return {
        "get": {
            "operationId": name,
            "tags": [noting.Tag.OPERATION.value],
            "summary": summary,
            "parameters": [],
            "responses": responses,
            "security": [],
        }
    }


def _answer(description: str, media_type: str, schema: Json, example: Any = None) -> Json:
    content = {"schema": schema} | ({"example": example} if example is not None else {})
    return {"description": description, "content": {media_type: content}}


_UNCHANGED: Json = {"304": {"description": "As `If-None-Match` says, nothing has changed."}}
_READINESS: Json = {
    "type": "object",
    "required": ["ready", "checks", "configurationVersion"],
    "properties": {
        "ready": {"type": "boolean"},
        "checks": {
            "type": "object",
            "description": "By name: `store`, `livekit`, `configuration`, `workers`, and `redis` where one is set.",
            "additionalProperties": {
                "type": "object",
                "required": ["ok", "error"],
                "properties": {
                    "ok": {"type": "boolean"},
                    "error": {"type": ["string", "null"], "description": "The stable code of what is wrong."},
                },
            },
        },
        "configurationVersion": {"type": "string", "description": "The version in force."},
    },
}


def _readiness(error: str | None) -> Json:
    names = ("store", "livekit", "configuration", "workers")
    checks = {name: health.Check(ok=True) for name in names}
    checks["workers"] = health.Check(ok=error is None, error=error)
    found = health.Readiness(ready=error is None, checks=checks)
    return found.model_dump() | {"configurationVersion": "cfg_1c6ff9d0a1b2"}


PATHS: Json = {
    "/healthz": _operation(
        "getHealth",
        "Whether the process answers.",
        {
            "200": _answer(
                "It does.",
                "application/json",
                {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}},
                {"status": "ok"},
            )
        },
    ),
    "/readyz": _operation(
        "getReadiness",
        "Whether a call would find everything that it needs.",
        {
            "200": _answer("It would.", "application/json", _READINESS, _readiness(None)),
            "503": _answer("Something is missing.", "application/json", _READINESS, _readiness("no_worker")),
        },
    ),
    "/metrics": _operation(
        "getMetrics", "Metrics for Prometheus.", {"200": _answer("In its text format.", "text/plain", _TEXT)}
    ),
    "/openapi.json": _operation(
        "getDocument",
        "This document.",
        {"200": _answer("OpenAPI 3.1.", "application/json", {"type": "object"})} | _UNCHANGED,
    ),
    "/docs": _operation(
        "getDocs", "This document, to read.", {"200": _answer("A page.", "text/html", _TEXT)} | _UNCHANGED
    ),
}

"""API keys."""

from __future__ import annotations

from typing import Any

from dispatch.openapi import noting

Note = noting.Note
Tag = noting.Tag

_LIMITS: dict[str, Any] = {"concurrent": 2, "perMinute": None, "perDay": 500, "minutesPerDay": None}
_KEY: dict[str, Any] = {
    "id": "k7p2m9x4",
    "label": "CRM",
    "scopes": ["calls:read", "calls:write"],
    "limits": _LIMITS,
    "createdAt": "2026-11-30T09:00:00.000Z",
    "lastUsedAt": None,
    "revokedAt": None,
}

NOTES: dict[noting.PathOf, Note] = {
    ("GET", "/v1/keys"): Note(
        id="listKeys",
        tag=Tag.KEYS,
        description="Revoked ones are among them; those of `TRUNKLINE_API_KEY` are not.",
        answer={"items": [_KEY], "nextCursor": None},
    ),
    ("POST", "/v1/keys"): Note(
        id="createKey",
        tag=Tag.KEYS,
        description="The secret cannot be had again, and so this takes no `Idempotency-Key`.",
        body={
            "scopes": ["calls:read", "calls:write"],
            "label": "CRM",
            "limits": {"concurrent": 2, "perDay": 500},
        },
        answer=_KEY | {"key": "tl_k7p2m9x4_not-a-secret-0123456789"},
    ),
    ("DELETE", "/v1/keys/{id}"): Note(
        id="revokeKey",
        tag=Tag.KEYS,
        description="What it has open, such as a stream, ends within a second or two.",
        refusals={404: "`no_such_key`: there is none. One of `TRUNKLINE_API_KEY` is revoked by taking it out there."},
    ),
}

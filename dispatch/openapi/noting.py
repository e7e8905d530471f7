"""The form of a note on an operation."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
"""A JSON object."""

PathOf = tuple[str, str]
"""Method and path."""


class Tag(enum.StrEnum):
    """A chapter of the document."""

    SESSIONS = "Placing calls"
    CALLS = "Calls"
    TRANSFERS = "Transfers"
    CONTACTS = "Contacts"
    DO_NOT_CALL = "Do not call"
    AGENTS = "Agents"
    NUMBERS = "Phone numbers"
    CONFIGURATION = "Configuration"
    WEBHOOKS = "Webhooks"
    KEYS = "Keys"
    OPERATION = "Operation"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Note:
    """What is to be said of one operation."""

    id: str
    """Its name in generated clients."""
    tag: Tag
    description: str = ""
    refusals: Mapping[int, str] = dataclasses.field(default_factory=dict)
    """Errors that only this operation has, or has for reasons of its own: by status, when, with the codes."""
    answer: Any = None
    """An example of what it answers."""
    body: Json | None = None
    """An example of what it takes."""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Further headers of the request, with what they are for."""
    stream: Mapping[str, object] = dataclasses.field(default_factory=dict)
    """Where it can answer with `text/event-stream`: the type of each event's data, by the event's name."""

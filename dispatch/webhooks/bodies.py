"""What our webhooks say: JSON in snake_case, times RFC 3339 in UTC. What is not known is null."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Annotated, Literal

import pydantic
from pydantic import alias_generators

from callcore import calls, clock, endings, events

Time = Annotated[dt.datetime, pydantic.PlainSerializer(clock.rfc3339, return_type=str)]


class Body(pydantic.BaseModel):
    """Base of every body, and of what it is made of.

    Every field has two names outside: snake_case in a webhook, which is also how a body that was kept is read again,
    and camelCase where `/v1` shows the same.
    """

    model_config = pydantic.ConfigDict(
        alias_generator=pydantic.AliasGenerator(
            validation_alias=lambda name: name.removesuffix("_"),
            serialization_alias=lambda name: alias_generators.to_camel(name.removesuffix("_")),
        ),
        populate_by_name=True,
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    def text(self) -> str:
        """The body as it is signed and sent; the same for the same content."""
        fields = self.model_dump(mode="json", by_alias=False)
        # `from` is a word of Python. Only fields of the body itself are named by such a word.
        named = {name.removesuffix("_"): value for name, value in fields.items()}
        return json.dumps(named, ensure_ascii=False, separators=(",", ":"))


class StatusBody(Body):
    """One event of a call."""

    type: Literal["call.status"] = "call.status"
    call_id: str
    event_type: events.EventType
    sequence: int
    """Counted from 1 within the call, without gaps."""
    timestamp: Time
    """When it happened."""
    provider: Literal["livekit"] = "livekit"
    """What carries the call."""
    status: calls.Status
    """Where the call was after this event."""
    failure_cause: endings.Reason | None
    """Why the call did not succeed, once it is over; null while it goes on, and of one that succeeded."""
    sip_status_code: int | None
    """The SIP answer that this event tells of."""
    sip_status: str | None
    """The words of that answer."""
    data: dict[str, str | int | float | bool | None]
    """What else there is to tell, by type of event."""
    metadata: dict[str, str]
    """Of the call: the number's template, filled in; or as given with the call."""


_ENDS = frozenset({events.EventType.HANGUP, events.EventType.CORRECTED})


def status_body(event: events.Event, *, status: calls.Status, metadata: Mapping[str, str]) -> StatusBody:
    """The body of the status webhook for an event.

    Args:
        event: what happened.
        status: where the call was after it.
        metadata: the call's.
    """
    code, words = event.data.get("sip_status_code"), event.data.get("sip_status")
    return StatusBody(
        call_id=event.call_id,
        event_type=event.type,
        sequence=event.sequence,
        timestamp=event.at,
        status=status,
        failure_cause=_failure(event),
        sip_status_code=code if isinstance(code, int) else None,
        sip_status=words if isinstance(words, str) else None,
        data=dict(event.data),
        metadata=dict(metadata),
    )


def _failure(event: events.Event) -> endings.Reason | None:
    if event.type not in _ENDS or event.data.get("result") == endings.Result.SUCCESS:
        return None
    return endings.Reason(str(event.data["reason"]))

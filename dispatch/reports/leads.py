"""`lead.updated`: what a call made of a person, for CRMs."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from callcore import calls, outcomes
from dispatch.reports import composing, materials, shapes
from dispatch.store import contacts
from dispatch.webhooks import bodies


class LeadCall(bodies.Body):
    """A call with the person."""

    call_id: str
    started_at: bodies.Time
    """When the phone was dialed, or rang first."""
    ended_at: bodies.Time
    direction: calls.Direction
    capability: calls.Action | None
    """What took the call: an agent's conversation (`converse`), a message, voicemail, or a forward."""
    agent_id: str | None
    outcome: outcomes.Outcome
    summary: str | None
    """Not made by this version: null."""
    transcript: tuple[shapes.ReportTurn, ...]
    """Oldest turn first; of a very long one the end, as in the report."""


class LeadUpdated(bodies.Body):
    """A call is over, and this is what is known of the person now."""

    type: Literal["lead.updated"] = "lead.updated"
    timestamp: bodies.Time
    source: Literal["voice"] = "voice"
    lead_id: str
    contact_id: str
    """The same as `lead_id`."""
    number: str
    """E.164."""
    name: str | None
    fields: dict[str, str]
    status: str | None
    """What the call made of the person; null where they have none."""
    calls: tuple[LeadCall, ...]
    """One entry per call: this one."""


def updated(of: materials.Materials, person: contacts.Contact, now: dt.datetime) -> LeadUpdated:
    """What is told of the person of a call that is over."""
    return LeadUpdated(
        timestamp=now,
        lead_id=person.id,
        contact_id=person.id,
        number=person.e164,
        name=person.name,
        fields=dict(person.fields),
        status=of.contact_status or person.status,
        calls=(_call(of),),
    )


def _call(of: materials.Materials) -> LeadCall:
    return LeadCall(
        call_id=of.call.id,
        started_at=of.began_at or of.call.created_at,
        ended_at=of.ended_at,
        direction=of.call.direction,
        capability=of.call.action,
        agent_id=of.call.agent_id,
        outcome=of.outcome,
        summary=None,
        transcript=tuple(composing.turn(said) for said in composing.last(of.transcript)),
    )

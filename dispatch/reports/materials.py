"""What a report is made of, as one transaction sees it."""

from __future__ import annotations

import dataclasses
import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, contract, endings, events, outcomes, turns
from dispatch.store import besides, usage
from dispatch.store import contacts as contact_rows
from dispatch.store import events as event_rows
from dispatch.store import turns as turn_rows

_BEGINS = frozenset({events.EventType.DIALING, events.EventType.RINGING})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Materials:
    """A call that is over, and everything that is kept of it."""

    report_id: str
    call: calls.Call
    termination: endings.Termination
    outcome: outcomes.Outcome
    ended_at: dt.datetime
    beside: besides.Beside
    transcript: tuple[turns.Turn, ...]
    events: tuple[events.Event, ...]
    usage: tuple[contract.ProviderUsage, ...]
    contact: contact_rows.Contact | None

    @property
    def contact_status(self) -> str | None:
        """What the call makes of its person; None where nobody is known, and where nobody tried to reach them."""
        if self.call.contact_id is None or self.termination.reason is endings.Reason.POLICY_REFUSED:
            return None
        return outcomes.lead_status(self.outcome)

    @property
    def began_at(self) -> dt.datetime | None:
        """When the phone was dialed, or rang first; None where neither came about."""
        return min((event.at for event in self.events if event.type in _BEGINS), default=None)

    @property
    def rang_at(self) -> dt.datetime | None:
        """When a phone rang first."""
        return min((event.at for event in self.events if event.type is events.EventType.RINGING), default=None)


async def gather(tx: sa_async.AsyncConnection, call: calls.Call, report_id: str) -> Materials:
    """All of it, for a call that is over.

    Raises:
        ValueError: it is not.
    """
    if call.termination is None or call.outcome is None or call.ended_at is None:
        raise ValueError("this call is not over")
    placed = await turn_rows.of_call(tx, call.id)
    return Materials(
        report_id=report_id,
        call=call,
        termination=call.termination,
        outcome=call.outcome,
        ended_at=call.ended_at,
        beside=(await besides.of_calls(tx, [call.id]))[call.id],
        transcript=tuple(place.turn for place in placed),
        events=await event_rows.of_call(tx, call.id),
        usage=await usage.of_call(tx, call.id),
        contact=await contact_rows.get(tx, call.contact_id) if call.contact_id else None,
    )

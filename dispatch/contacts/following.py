"""What a call makes of its person: their status when it ends, and their wish not to be called again."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, endings, outcomes
from dispatch.contacts import ensuring
from dispatch.store import contacts as rows
from dispatch.store import do_not_call


async def follow(tx: sa_async.AsyncConnection, before: calls.Call, after: calls.Call, at: dt.datetime) -> None:
    """Let a call's contact and the do-not-call list have what a fact changed, in the transaction of that fact."""
    if after.wants_no_calls and not before.wants_no_calls:
        await heed(tx, after, at)
    if after.outcome is not None and after.outcome is not before.outcome:
        await _tell_status(tx, after, after.outcome, at)


async def heed(tx: sa_async.AsyncConnection, call: calls.Call, at: dt.datetime) -> None:
    """Put the person of a call on the do-not-call list, where their number is known."""
    number = ensuring.person(call)
    if number is not None:
        entry = do_not_call.Entry(e164=number, source=do_not_call.Source.AGENT, created_at=at, call_id=call.id)
        await do_not_call.put(tx, entry)


async def _tell_status(
    tx: sa_async.AsyncConnection, call: calls.Call, outcome: outcomes.Outcome, at: dt.datetime
) -> None:
    if call.contact_id is None or call.ended_at is None:
        return
    if call.termination is not None and call.termination.reason is endings.Reason.POLICY_REFUSED:
        return  # nobody was reached, and nobody tried to
    status = outcomes.lead_status(outcome)
    await rows.follow(tx, call.contact_id, status=status, ended_at=call.ended_at, now=at)

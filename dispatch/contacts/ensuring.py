"""Every number that we talk to has a contact, and only one."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, ids
from dispatch.store import contacts as rows


async def ensure(tx: sa_async.AsyncConnection, e164: str, now: dt.datetime) -> str:
    """The id of a number's contact, which comes into being where there is none; in a transaction that writes."""
    found = await rows.find(tx, e164)
    if found is not None:
        return found.id
    made = rows.Contact(id=ids.new(ids.CONTACT, now), e164=e164, created_at=now, updated_at=now)
    await rows.insert(tx, made)
    return made.id


def person(call: calls.Call) -> str | None:
    """The number of whom we talk to, E.164: the callee of a call of ours, the caller of all others."""
    return call.dialed if call.direction is calls.Direction.OUTBOUND else call.caller

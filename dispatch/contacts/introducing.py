"""What an agent is told of a person before it talks: who they are, and how it went before; nothing that was said."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import acquaintance, do_not_call
from dispatch.store import contacts as rows
from sip_config.templates import variables

_TOLD = 5  # calls; more of them tell a model little


@dataclasses.dataclass(frozen=True, kw_only=True)
class Introduction:
    """A person, as a prompt may speak of them."""

    contact: variables.Contact
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)


NOBODY = Introduction(contact=variables.Contact())
"""Whoever withholds their number."""


async def context(
    tx: sa_async.AsyncConnection, contact_id: str, *, before_call_id: str | None = None, time_zone: str = "UTC"
) -> tuple[variables.Contact, Mapping[str, str]]:
    """What is known of a contact, and its fields; every call counts that is over, but for `before_call_id`.

    Raises:
        NoSuchContact: there is none.
    """
    known = await _introduction(tx, await rows.get(tx, contact_id), before_call_id, time_zone)
    return known.contact, known.fields


async def introduce(
    tx: sa_async.AsyncConnection, e164: str, *, before_call_id: str | None = None, time_zone: str = "UTC"
) -> Introduction:
    """As `context`, by the number, which need not have a contact yet."""
    found = await rows.find(tx, e164)
    if found is not None:
        return await _introduction(tx, found, before_call_id, time_zone)
    is_listed = await do_not_call.is_listed(tx, e164)
    return Introduction(contact=variables.Contact(is_known=is_listed, do_not_call=is_listed))


async def _introduction(
    tx: sa_async.AsyncConnection, contact: rows.Contact, before_call_id: str | None, time_zone: str
) -> Introduction:
    past = await acquaintance.history(tx, contact.id, but=before_call_id, newest=_TOLD)
    is_listed = await do_not_call.is_listed(tx, contact.e164)
    told = variables.Contact(
        # The contact itself may have come into being with this very call.
        is_known=bool(past.count or contact.name or contact.fields or contact.status or is_listed),
        name=contact.name or "",
        status=contact.status or "",
        do_not_call=is_listed,
        calls=past.count,
        last_call=_moment(past.newest[0].at, time_zone) if past.newest else "",
        history="\n".join(_line(call, time_zone) for call in past.newest),
    )
    return Introduction(contact=told, fields=contact.fields)


def _line(call: acquaintance.Earlier, time_zone: str) -> str:
    outcome = call.outcome.value if call.outcome else "unknown"
    return f"{_moment(call.at, time_zone)}: {call.direction.value}, {outcome}"


def _moment(at: dt.datetime, time_zone: str) -> str:
    return variables.Moment.at(at, time_zone).text

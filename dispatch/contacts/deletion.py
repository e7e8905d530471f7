"""Deletes a contact with everything that hangs on it. Files go first: a row that is left over can be deleted again."""

from __future__ import annotations

import dataclasses

import structlog

from callcore import errors
from dispatch.recordings import shelves
from dispatch.store import contacts as rows
from dispatch.store import do_not_call, engine, erasing

_IN_THE_LIST = 2  # places in the file: the row, and its key

_log = structlog.get_logger(__name__)


class ContactInCall(errors.Conflict):
    """A call of this contact, or one that is sent on to it, goes on or waits to be placed: end it first."""

    public_code = "contact_in_call"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Deleted:
    """How much it was."""

    calls: int
    recordings: int


async def delete(store: engine.Store, shelf: shelves.Shelf, contact_id: str) -> Deleted:
    """Delete a contact, its calls and their sound; nothing is left of its number but a place on the do-not-call list.

    Raises:
        NoSuchContact: there is none.
        ContactInCall: it has a call that has not ended; nothing was deleted.
        ShelfUnavailable: a file cannot be deleted; the contact stays, and may be deleted again.
        StoreUnavailable: the database does not answer.
    """
    async with store.writing() as tx:
        contact = await rows.get(tx, contact_id)
        theirs = await erasing.of(tx, contact)
        if theirs.is_in_call:
            raise ContactInCall
        await shelf.clear(theirs.ids)
        recordings = await erasing.erase(tx, contact, theirs)
        is_listed = await do_not_call.is_listed(tx, contact.e164)
    if not await store.scrub(contact.e164.removeprefix("+"), expected=_IN_THE_LIST if is_listed else 0):
        _log.warning("copies of what was deleted may be left in the database's file", mend="VACUUM")
    _log.info("a contact was deleted", contact_id=contact_id, calls=len(theirs.ids), recordings=recordings)
    return Deleted(calls=len(theirs.ids), recordings=recordings)

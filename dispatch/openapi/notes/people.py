"""Contacts, and who is not to be called."""

from __future__ import annotations

from typing import Any

from dispatch.openapi import noting
from dispatch.openapi.notes import calls

Note = noting.Note
Tag = noting.Tag

_CONTACT: dict[str, Any] = {
    "id": calls.CONTACT_ID,
    "e164": "+12015550123",
    "name": "Ada Example",
    "fields": {"plan": "gold"},
    "status": "contacted",
    "isTest": False,
    "doNotCall": False,
    "calls": 2,
    "lastCallAt": "2026-11-30T15:04:05.120Z",
    "createdAt": "2026-11-01T09:00:00.000Z",
    "updatedAt": "2026-11-30T15:05:12.000Z",
}
_NEW: dict[str, Any] = {"e164": "+1 201-555-0124", "name": "Ada Example", "fields": {"plan": "gold"}}
_ENTRY: dict[str, Any] = {
    "e164": "+12015550166",
    "source": "agent",
    "reason": None,
    "callId": calls.CALL_ID,
    "createdAt": "2026-11-30T15:05:01.000Z",
}
_REFUSED: dict[str, Any] = {"index": 1, "message": "This is not a phone number in E.164 form, such as +12015550123."}
_NUMBER = "A number in any spelling is read; a national one is of the organization's country."

NOTES: dict[noting.PathOf, Note] = {
    ("GET", "/v1/contacts"): Note(
        id="listContacts", tag=Tag.CONTACTS, answer={"items": [_CONTACT], "nextCursor": None}
    ),
    ("POST", "/v1/contacts"): Note(
        id="createContact",
        tag=Tag.CONTACTS,
        description=_NUMBER,
        body=_NEW,
        answer=_CONTACT,
        refusals={409: "`contact_exists`: the number has a contact; `contactId` says which."},
    ),
    ("POST", "/v1/contacts/import"): Note(
        id="importContacts",
        tag=Tag.CONTACTS,
        description="Makes a contact for each number that has none, and adds to those that have one. A row that is "
        "wrong is told by its place, and keeps nothing else out.",
        body={"contacts": [_NEW]},
        answer={
            "created": 1,
            "updated": 0,
            "contacts": [{"index": 0, "contactId": calls.CONTACT_ID, "result": "created"}],
            "invalid": [_REFUSED],
        },
    ),
    ("GET", "/v1/contacts/{id}"): Note(id="getContact", tag=Tag.CONTACTS, answer=_CONTACT),
    ("PATCH", "/v1/contacts/{id}"): Note(
        id="changeContact",
        tag=Tag.CONTACTS,
        body={"name": "Ada Example", "fields": {"plan": "silver", "birthday": None}},
        answer=_CONTACT,
    ),
    ("DELETE", "/v1/contacts/{id}"): Note(
        id="deleteContact",
        tag=Tag.CONTACTS,
        description="Its calls go too, with their events, transcripts and recordings. The number's place on the "
        "do-not-call list stays.",
        answer={"id": calls.CONTACT_ID, "deleted": True, "calls": 2, "recordings": 1},
        refusals={
            409: "`contact_in_call`: a call of the contact, or one that is sent on to it, goes on or waits to be "
            "placed: end it first."
        },
    ),
    ("GET", "/v1/do-not-call"): Note(
        id="listDoNotCall", tag=Tag.DO_NOT_CALL, answer={"items": [_ENTRY], "nextCursor": None}
    ),
    ("POST", "/v1/do-not-call"): Note(
        id="addDoNotCall",
        tag=Tag.DO_NOT_CALL,
        description=f"A number that is on the list stays as it is. {_NUMBER}",
        body={"e164": "+12015550166", "reason": "asked by letter"},
        answer=_ENTRY,
    ),
    ("POST", "/v1/do-not-call/import"): Note(
        id="importDoNotCall",
        tag=Tag.DO_NOT_CALL,
        description="What is no number is told by its place, and keeps nothing else out.",
        body={"entries": [{"e164": "+12015550166"}, {"e164": "nobody"}]},
        answer={"added": 1, "present": 0, "invalid": [_REFUSED]},
    ),
    ("DELETE", "/v1/do-not-call/{e164}"): Note(
        id="removeDoNotCall",
        tag=Tag.DO_NOT_CALL,
        refusals={404: "The number is not on the list."},
    ),
}

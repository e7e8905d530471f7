"""What `trunkline contacts` and `trunkline dnc` do, but for imports."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, Sequence

from callcore import errors, ids
from cli import api, asking, screen

CONTACTS = "/v1/contacts"
DO_NOT_CALL = "/v1/do-not-call"


class NoSuchContact(errors.NotFound):
    """There is no such contact."""


def list_contacts(filters: Mapping[str, str | None], *, url: str | None, as_json: bool) -> None:
    """One page of contacts."""
    page = asking.ask(url, lambda client: client.ask("GET", CONTACTS, asking.given(filters)))
    asking.show_page(page, as_json, lambda: _print_contacts(page["items"]))


def show_contact(who: str, *, url: str | None, as_json: bool) -> None:
    """One contact, by its id or number."""

    async def ask(client: api.Api) -> api.Json:
        return await client.ask("GET", f"{CONTACTS}/{await _id(client, who)}")

    contact = asking.ask(url, ask)
    asking.show(contact, as_json, lambda: _print_contact(contact))


def delete_contact(who: str, *, url: str | None, as_json: bool) -> None:
    """Delete a contact with all that hangs on it."""

    async def ask(client: api.Api) -> api.Json:
        return await client.ask("DELETE", f"{CONTACTS}/{await _id(client, who)}")

    gone = asking.ask(url, ask)
    text = f"deleted, with {gone['calls']} calls and {gone['recordings']} recordings"
    asking.show(gone, as_json, lambda: screen.print_line(text))


def list_entries(filters: Mapping[str, str | None], *, url: str | None, as_json: bool) -> None:
    """One page of the do-not-call list."""
    page = asking.ask(url, lambda client: client.ask("GET", DO_NOT_CALL, asking.given(filters)))
    asking.show_page(page, as_json, lambda: _print_entries(page["items"]))


def add_entry(number: str, reason: str | None, *, url: str | None, as_json: bool) -> None:
    """Put a number on the list."""
    body = {"e164": number, **({"reason": reason} if reason else {})}
    entry = asking.ask(url, lambda client: client.ask("POST", DO_NOT_CALL, body=body))
    asking.show(entry, as_json, lambda: screen.print_line(f"{screen.plain(entry['e164'])} is not called any more"))


def remove_entry(number: str, *, url: str | None, as_json: bool) -> None:
    """Take a number off the list."""
    asking.ask(url, lambda client: client.ask("DELETE", f"{DO_NOT_CALL}/{urllib.parse.quote(number, safe='')}"))
    removed = {"e164": number, "removed": True}
    asking.show(removed, as_json, lambda: screen.print_line(f"{screen.plain(number)} may be called again"))


async def _id(client: api.Api, who: str) -> str:
    if ids.is_id(ids.CONTACT, who):
        return who
    found = (await client.ask("GET", CONTACTS, {"number": who}))["items"]
    if not found:
        raise NoSuchContact
    return str(found[0]["id"])


def _print_contacts(contacts: Sequence[api.Json]) -> None:
    headings = ("contact", "number", "name", "status", "calls", "last call", "do not call")
    screen.print_table(headings, [_row(contact) for contact in contacts])


def _print_contact(contact: api.Json) -> None:
    _print_contacts([contact])
    if contact["isTest"]:
        screen.print_line("a contact to try things out with")
    for name, value in sorted(contact["fields"].items()):
        screen.print_line(screen.plain(f"{name}: {value}"))


def _row(contact: api.Json) -> tuple[str, ...]:
    return (
        contact["id"],
        contact["e164"],
        contact["name"] or "-",
        contact["status"] or "-",
        str(contact["calls"]),
        contact["lastCallAt"] or "-",
        "yes" if contact["doNotCall"] else "-",
    )


def _print_entries(entries: Sequence[api.Json]) -> None:
    rows = [
        (entry["e164"], entry["createdAt"], entry["source"], entry["callId"] or "-", entry["reason"] or "-")
        for entry in entries
    ]
    screen.print_table(("number", "since", "by", "call", "reason"), rows)

"""What `trunkline contacts` and `trunkline dnc` do, but for imports."""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping, Sequence

from callcore import errors, ids
from cli import api, screen

CONTACTS = "/v1/contacts"
DO_NOT_CALL = "/v1/do-not-call"


class NoSuchContact(errors.NotFound):
    """There is no such contact."""


def list_contacts(filters: Mapping[str, str | None], *, url: str | None, as_json: bool) -> None:
    """One page of contacts."""
    page = _ask(url, lambda client: client.ask("GET", CONTACTS, _given(filters)))
    _print(page, as_json, lambda: _print_contacts(page["items"]))


def show_contact(who: str, *, url: str | None, as_json: bool) -> None:
    """One contact, by its id or number."""

    async def ask(client: api.Api) -> api.Json:
        return await client.ask("GET", f"{CONTACTS}/{await _id(client, who)}")

    contact = _ask(url, ask)
    _print(contact, as_json, lambda: _print_contact(contact))


def delete_contact(who: str, *, url: str | None, as_json: bool) -> None:
    """Delete a contact with all that hangs on it."""

    async def ask(client: api.Api) -> api.Json:
        return await client.ask("DELETE", f"{CONTACTS}/{await _id(client, who)}")

    gone = _ask(url, ask)
    text = f"deleted, with {gone['calls']} calls and {gone['recordings']} recordings"
    _print(gone, as_json, lambda: screen.print_line(text))


def list_entries(filters: Mapping[str, str | None], *, url: str | None, as_json: bool) -> None:
    """One page of the do-not-call list."""
    page = _ask(url, lambda client: client.ask("GET", DO_NOT_CALL, _given(filters)))
    _print(page, as_json, lambda: _print_entries(page["items"]))


def add_entry(number: str, reason: str | None, *, url: str | None, as_json: bool) -> None:
    """Put a number on the list."""
    body = {"e164": number, **({"reason": reason} if reason else {})}
    entry = _ask(url, lambda client: client.ask("POST", DO_NOT_CALL, body=body))
    _print(entry, as_json, lambda: screen.print_line(f"{screen.plain(entry['e164'])} is not called any more"))


def remove_entry(number: str, *, url: str | None) -> None:
    """Take a number off the list."""
    _ask(url, lambda client: client.ask("DELETE", f"{DO_NOT_CALL}/{urllib.parse.quote(number, safe='')}"))


def _ask(url: str | None, ask: Callable[[api.Api], Awaitable[api.Json]]) -> api.Json:
    async def run() -> api.Json:
        async with api.connect(api.Access.from_environment(url)) as client:
            return await ask(client)

    return asyncio.run(run())


async def _id(client: api.Api, who: str) -> str:
    if ids.is_id(ids.CONTACT, who):
        return who
    found = (await client.ask("GET", CONTACTS, {"number": who}))["items"]
    if not found:
        raise NoSuchContact
    return str(found[0]["id"])


def _given(filters: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value}


def _print(answer: api.Json, as_json: bool, show: Callable[[], None]) -> None:
    if as_json:
        screen.print_json(answer)
    else:
        show()


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

"""What `trunkline keys` does: at dispatch where it answers, so that a revocation counts there at once; else in its
database, so that there can be a key before the first start.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from callcore import errors
from cli import api, key_desks, screen
from sip_config.reading import environments

_HEADINGS = ("id", "created", "last used", "state", "limits", "scopes", "label")
_LIMITS = {"concurrent": "at once", "perMinute": "a minute", "perDay": "a day", "minutesPerDay": "minutes a day"}

_PREFIX = "tl"  # of every key

_Result = TypeVar("_Result")


def create(wanted: api.Json, *, url: str | None, as_json: bool) -> None:
    """Make a key and print it: alone on its line of stdout, for `KEY=$(trunkline keys create …)`."""
    created = _at_desk(lambda desk: desk.create(wanted), url)
    if as_json:
        screen.print_json(created)
        return
    sys.stdout.write(f"{created['key']}\n")
    _note(f"Key {created['id']}: {', '.join(created['scopes'])}. It is shown this once; store it now.")


def list_all(*, url: str | None, as_json: bool) -> None:
    """Print every key."""
    keys = _at_desk(lambda desk: desk.all(), url)
    if as_json:
        screen.print_json({"items": keys})
    else:
        screen.print_table(_HEADINGS, [_row(key) for key in keys])


def revoke(key_id: str, *, url: str | None, as_json: bool) -> None:
    """Revoke a key, named by its id or, as one has it in hand when it has leaked, by all of it."""
    prefix, *parts = key_id.split("_", 2)
    if prefix == _PREFIX and len(parts) == 2:
        key_id = parts[0]
    _at_desk(lambda desk: desk.revoke(key_id), url)
    if as_json:
        screen.print_json({"id": key_id, "revoked": True})
    else:
        sys.stdout.write(f"{key_id} is revoked\n")


def _at_desk(work: Callable[[key_desks.Desk], _Result], url: str | None) -> _Result:
    environment = environments.read()
    address, secret = api.dispatch_url(url, environment), environment.get(key_desks.VARIABLE)
    if secret:
        try:
            return work(key_desks.AtDispatch(address, secret))
        except errors.DispatchUnavailable:
            if url is not None:
                raise
            why = f"dispatch does not answer at {address}"
    elif url is not None:
        raise errors.ConfigurationInvalid([f"{key_desks.VARIABLE} is not set: dispatch is asked with it"])
    else:
        why = f"{key_desks.VARIABLE} is not set, so dispatch cannot be asked"
    return _in_database(work, why)


def _in_database(work: Callable[[key_desks.Desk], _Result], why: str) -> _Result:
    # Imported here because it takes longer than all that happens where dispatch answers.
    from cli import key_database
    from dispatch.store import sqlite

    database = key_database.InDatabase()
    _note(f"{why}; working on its database {database.place}.")
    try:
        return work(database)
    except sqlite.DatabaseInUse:
        raise errors.Conflict(
            f"Dispatch is running, for it has that database: set TRUNKLINE_DISPATCH_URL and {key_desks.VARIABLE} "
            "as it has them."
        ) from None


def _row(key: api.Json) -> Sequence[str]:
    return (
        key["id"],
        key["createdAt"],
        key["lastUsedAt"] or "-",
        f"revoked {key['revokedAt']}" if key["revokedAt"] else "good",
        _limits(key["limits"]),
        " ".join(key["scopes"]),
        key["label"] or "-",
    )


def _limits(limits: Mapping[str, int | None]) -> str:
    return ", ".join(f"{limits[name]} {unit}" for name, unit in _LIMITS.items() if limits.get(name) is not None) or "-"


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")

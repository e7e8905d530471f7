"""What an API key may do."""

from __future__ import annotations

import enum
from collections.abc import Collection

from callcore import errors


class Scope(enum.StrEnum):
    """One permission. `admin` is all of them."""

    CALLS_READ = "calls:read"
    """Look at calls, their events and transcripts, and at contacts and the do-not-call list."""
    CALLS_WRITE = "calls:write"
    """Place calls and end them; write contacts, and add to the do-not-call list."""
    CALLS_TRANSFER = "calls:transfer"
    """Transfer calls."""
    RECORDINGS_READ = "recordings:read"
    """Listen to recordings and voicemails."""
    CONFIG_READ = "config:read"
    """Look at agents, numbers and settings, and at how webhooks fared."""
    CONFIG_WRITE = "config:write"
    """Change them, and reload the files; send webhooks again, and try them out."""
    WEBCALL_MINT = "webcall:mint"
    """Let a browser call in."""
    ADMIN = "admin"
    """Everything, and API keys, deleting contacts, and taking numbers off the do-not-call list as well."""


class MissingScope(errors.TrunklineError):
    """The key may not do this."""

    public_code = "missing_scope"

    def __init__(self, wanted: Scope) -> None:
        super().__init__(f"This key has not the scope {wanted}.")


def demand(held: Collection[Scope], wanted: Scope) -> None:
    """Let only such a key go on.

    Raises:
        MissingScope: it may not do this.
    """
    if not allows(held, wanted):
        raise MissingScope(wanted)


def allows(held: Collection[Scope], wanted: Scope) -> bool:
    """Whether a key with these scopes may do what needs that one."""
    return wanted in held or Scope.ADMIN in held

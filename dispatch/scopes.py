"""What an API key may do."""

from __future__ import annotations

import enum
from collections.abc import Collection


class Scope(enum.StrEnum):
    """One permission. `admin` is all of them."""

    CALLS_READ = "calls:read"
    """Look at calls, their events and transcripts, and at contacts and the do-not-call list."""
    CALLS_WRITE = "calls:write"
    """Place calls and end them; write contacts and the do-not-call list."""
    CALLS_TRANSFER = "calls:transfer"
    """Transfer calls."""
    RECORDINGS_READ = "recordings:read"
    """Listen to recordings and voicemails."""
    CONFIG_READ = "config:read"
    """Look at agents, numbers and settings."""
    CONFIG_WRITE = "config:write"
    """Change them, and reload the files."""
    WEBCALL_MINT = "webcall:mint"
    """Let a browser call in."""
    ADMIN = "admin"
    """Everything, and API keys as well."""


def allows(held: Collection[Scope], wanted: Scope) -> bool:
    """Whether a key with these scopes may do what needs that one."""
    return wanted in held or Scope.ADMIN in held

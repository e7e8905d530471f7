"""What a configuration will be able to say, and this version cannot carry out: told apart from a slip of the pen."""

from __future__ import annotations

TOOLS = frozenset({"http", "calendar", "send_sms", "take_message"})

_KEYS = {
    "OrganizationFile": frozenset({"prices", "retention"}),
    "Agent": frozenset({"silence", "disclosure", "recording", "voicemail", "analysis"}),
    "AgentWebhooks": frozenset({"turn"}),
    "MaxDuration": frozenset({"wrap_up_at"}),
}
"""Keys by the model that they will belong to."""


def is_key(model: str, key: str) -> bool:
    """Whether a key is none of a model's yet."""
    return key in _KEYS.get(model, ())


def message(name: str) -> str:
    """What to tell the author."""
    return f"`{name}` is not in this version"

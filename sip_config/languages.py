"""What can be told from a language tag (RFC 5646)."""

from __future__ import annotations


def is_english(tag: str) -> bool:
    """Whether a tag is one of English, of whatever country."""
    return tag.partition("-")[0].lower() == "en"

"""Who calls, as the caller's network tells it. None of it is proven, and all of it may have been made up."""

from __future__ import annotations

import dataclasses
import re
import urllib.parse

from callcore import calls, errors, numbers

_WITHHELD = re.compile(
    r"(?:anonymous|restricted|unavailable|private|unknown|blocked|withheld)(?:[ _-]?(?:caller|number|id))?"
)
"""What stands for a number that its owner keeps back: `anonymous` by RFC 3323, the others by custom."""

_SPELLED = frozenset({"266696687", "7378742833", "86282452253", "2562533", "8656696"})
"""The same as a telephone's keys spell it (anonymous, restricted, unavailable, blocked, unknown): some carriers do."""

_NO_HOST = "anonymous.invalid"  # RFC 3323 section 4.1.1.3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Caller:
    """What is known of a caller."""

    number: str | None
    """E.164; None unless `caller_id` is `known`."""
    caller_id: calls.CallerId


WITHHELD = Caller(number=None, caller_id=calls.CallerId.WITHHELD)
UNUSABLE = Caller(number=None, caller_id=calls.CallerId.UNUSABLE)


def classify(raw: str | None, region: str | None) -> Caller:
    """The caller in what a trunk sent as such: a number, a URI, a word, nothing.

    Args:
        raw: as it came, of any length and content.
        region: whose national numbers to expect (ISO 3166).
    """
    text = (raw or "").strip().strip("<>")
    if _is_withheld(text):
        return WITHHELD
    try:
        number = numbers.from_sip(text, region=region)
    except errors.InvalidNumber:
        return UNUSABLE
    return Caller(number=number, caller_id=calls.CallerId.KNOWN)


def _is_withheld(text: str) -> bool:
    scheme, colon, rest = text[: numbers.MAX_RAW_LENGTH].lower().partition(":")
    address = rest if colon and scheme in ("sip", "sips", "tel") else text.lower()
    user, _, host = address.partition("@")
    word = urllib.parse.unquote(user.partition(";")[0].partition(":")[0]).strip().lstrip("+")
    return not word or word in _SPELLED or host.startswith(_NO_HOST) or _WITHHELD.fullmatch(word) is not None

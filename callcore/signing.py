"""Proof that a webhook is ours: Standard Webhooks 1.0.0, symmetric signatures (github.com/standard-webhooks).

    webhook-id         one per event, the same at every attempt: what a receiver tells duplicates by
    webhook-timestamp  whole Unix seconds of this attempt
    webhook-signature  `v1,<base64>` of HMAC-SHA256 over `<id>.<timestamp>.<body>`; one per secret, a space between

The reference library signs; it checks too loosely and raises what a stranger sends, so that checking is done here.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime as dt
import enum
import hmac
import re
import secrets as randomness
from collections.abc import Mapping, Sequence
from typing import Self

import standardwebhooks

from callcore import errors

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = dt.timedelta(minutes=5)
PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64  # bytes of a secret, decoded
SHORTEST_LEGACY = 8  # bytes

_FRESH = 32  # bytes
_VERSION = "v1,"
_MESSAGE_ID = re.compile(r"[!-\-/-~]{1,256}")  # printable ASCII but the dot, which ends the id in what is signed
_UNIX_SECONDS = re.compile(r"0|[1-9][0-9]{0,11}")


class Refusal(enum.StrEnum):
    """Why a signature is refused."""

    NO_KEY = "no_key"
    """There is no secret to check it with."""
    MISSING_HEADER = "missing_header"
    """One of the three headers is absent or empty."""
    REPEATED_HEADER = "repeated_header"
    """One of the three headers stands there twice."""
    BAD_ID = "bad_id"
    """The id has a dot, or is not printable ASCII, or is over 256 characters."""
    BAD_TIMESTAMP = "bad_timestamp"
    """The time is not whole Unix seconds, in digits alone."""
    TOO_OLD = "too_old"
    """The time is more than five minutes ago."""
    TOO_NEW = "too_new"
    """The time is more than five minutes ahead."""
    BAD_BODY = "bad_body"
    """The body is not UTF-8."""
    UNKNOWN_VERSION = "unknown_version"
    """No signature is of version `v1`."""
    MISMATCH = "mismatch"
    """No signature is one of this body, id and time by any of the secrets."""


class SignatureRefused(errors.BadInput):
    """The signature is not valid."""

    public_code = "signature_refused"

    def __init__(self, reason: Refusal, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclasses.dataclass(frozen=True, slots=True)
class Secret:
    """What signs; shown nowhere but by `reveal`."""

    key: bytes = dataclasses.field(repr=False)
    """What the HMAC is keyed with."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """A secret from `whsec_` and base64, or from the base64 alone, with or without `=` at its end.

        Raises:
            BadInput: it is not base64, or not 24 to 64 bytes; the message does not show it.
        """
        key = _decoded(text.strip().removeprefix(PREFIX))
        if not SHORTEST <= len(key) <= LONGEST:
            raise errors.BadInput(f"the secret is {len(key)} bytes, and must be {SHORTEST} to {LONGEST} when decoded")
        return cls(key)

    @classmethod
    def legacy(cls, text: str) -> Self:
        """A secret of before, as one webhook may have it: a text of any form is its own key.

        After `whsec_` there must be base64 all the same, because a receiver would decode it. Without the prefix even
        what could be base64 is taken as it stands: every 32 hexadecimal digits could.

        Raises:
            BadInput: the key is under 8 bytes, or no base64 follows `whsec_`; the message does not show it.
        """
        text = text.strip()
        key = _decoded(text.removeprefix(PREFIX)) if text.startswith(PREFIX) else _plain(text)
        if len(key) < SHORTEST_LEGACY:
            raise errors.BadInput(f"the secret is {len(key)} bytes, and must be {SHORTEST_LEGACY} at least")
        return cls(key)

    @classmethod
    def fresh(cls) -> Self:
        """A random secret of 32 bytes."""
        return cls(randomness.token_bytes(_FRESH))

    def reveal(self) -> str:
        """The secret as text, `whsec_…`: for whom it is made for."""
        return PREFIX + base64.b64encode(self.key).decode()

    def __str__(self) -> str:
        return repr(self)


def sign(message_id: str, at: dt.datetime, body: bytes, secrets: Sequence[Secret]) -> dict[str, str]:
    """The three headers of one attempt.

    Args:
        message_id: of the event, the same at every attempt.
        at: when this attempt is made, aware; it counts in whole seconds.
        body: exactly what is sent, UTF-8.
        secrets: the newest first, for its signature comes first; several while receivers change over.

    Raises:
        BadInput: no secret, an id that is none, or a body that is not UTF-8.
        ValueError: the time has no zone.
    """
    if not secrets:
        raise errors.BadInput("there is no secret to sign with")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise errors.BadInput("the id of a webhook is 1 to 256 characters of printable ASCII without a dot")
    if at.tzinfo is None:
        raise ValueError("the time of a signature needs a zone")
    try:
        signatures = [_signature(message_id, at, body.decode(), secret) for secret in secrets]
    except UnicodeDecodeError as error:
        raise errors.BadInput("the body of a webhook is not UTF-8") from error
    return {ID: message_id, TIMESTAMP: str(int(at.timestamp() // 1)), SIGNATURE: " ".join(signatures)}


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], now: dt.datetime) -> str:
    """The id of a webhook whose signature holds: one match of any secret is enough.

    Args:
        headers: of the request, in any letter case; others than the three are not looked at.
        body: exactly what came, before any decoding.
        secrets: those that may have signed.
        now: aware.

    Raises:
        SignatureRefused: it does not hold, for the `reason` given; whatever a stranger sends, nothing else is raised.
    """
    if not secrets:
        raise SignatureRefused(Refusal.NO_KEY, "there is no secret to check with")
    message_id, timestamp, signature = (_header(headers, name) for name in (ID, TIMESTAMP, SIGNATURE))
    if not _MESSAGE_ID.fullmatch(message_id):
        raise SignatureRefused(Refusal.BAD_ID, f"{ID} is not 1 to 256 characters of printable ASCII without a dot")
    at = _in_time(timestamp, now)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise SignatureRefused(Refusal.BAD_BODY, "the body is not UTF-8") from error
    given = [token.encode(errors="replace") for token in signature.split(" ") if token.startswith(_VERSION)]
    if not given:
        raise SignatureRefused(Refusal.UNKNOWN_VERSION, f"{SIGNATURE} has no signature of version v1")
    expected = [_signature(message_id, at, text, secret).encode() for secret in secrets]
    # Every pair is compared, so that the time taken tells nothing of which one held.
    if not sum(hmac.compare_digest(one, other) for one in given for other in expected):
        raise SignatureRefused(Refusal.MISMATCH, "no signature is one of this body, id and time by the secrets given")
    return message_id


def _signature(message_id: str, at: dt.datetime, text: str, secret: Secret) -> str:
    # The library replaces the zone instead of converting: only UTC comes out right.
    return standardwebhooks.Webhook(secret.key).sign(message_id, at.astimezone(dt.UTC), text)


def _header(headers: Mapping[str, str], name: str) -> str:
    values = [value for key, value in headers.items() if key.lower() == name]
    if len(values) > 1:
        raise SignatureRefused(Refusal.REPEATED_HEADER, f"{name} is there {len(values)} times")
    if not values or not values[0]:
        raise SignatureRefused(Refusal.MISSING_HEADER, f"{name} is missing")
    return values[0]


def _in_time(timestamp: str, now: dt.datetime) -> dt.datetime:
    if not _UNIX_SECONDS.fullmatch(timestamp):
        raise SignatureRefused(Refusal.BAD_TIMESTAMP, f"{TIMESTAMP} is not whole Unix seconds")
    ahead = int(timestamp) - now.timestamp()
    limit = TOLERANCE.total_seconds()
    if ahead < -limit:
        message = f"{TIMESTAMP} is {-ahead:.0f} s ago, over {limit:.0f} s"
        raise SignatureRefused(Refusal.TOO_OLD, message)
    if ahead > limit:
        message = f"{TIMESTAMP} is {ahead:.0f} s ahead, over {limit:.0f} s"
        raise SignatureRefused(Refusal.TOO_NEW, message)
    return dt.datetime.fromtimestamp(int(timestamp), dt.UTC)


def _plain(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise errors.BadInput("the secret is not UTF-8") from None


def _decoded(text: str) -> bytes:
    unpadded = text.rstrip("=")
    try:
        return base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True)
    except (binascii.Error, ValueError):
        # Without its cause, for a traceback with it could show the secret.
        raise errors.BadInput("the secret is not base64, with or without `whsec_` before it") from None

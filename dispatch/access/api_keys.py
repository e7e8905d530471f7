"""API keys: `tl_<id>_<secret>`. Only the SHA-256 of the secret is kept; 256 random bits need no slow hash."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable

from callcore import errors, ids
from dispatch.access import scopes
from sip_config import schema

_KEY = re.compile(r"tl_(?P<id>[A-Za-z0-9]{1,64})_(?P<secret>[A-Za-z0-9_-]{16,256})", re.ASCII)
_SECRET_BYTES = 32
_NOBODY = hashlib.sha256(b"").digest()  # compared with when the id is unknown, so that both ways take the same time

NO_LIMITS = schema.Limits()


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key as dispatch knows it."""

    id: str
    digest: bytes
    """SHA-256 of the secret part."""
    scopes: frozenset[scopes.Scope]
    limits: schema.Limits = NO_LIMITS
    """How much may be dialed with it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Presented:
    """What a client shows of a key."""

    id: str
    digest: bytes
    """SHA-256 of the secret part."""

    def opens(self, digest: bytes) -> bool:
        """Whether it is the key with this digest, compared in constant time; an empty one is no key's."""
        return hmac.compare_digest(self.digest, digest or _NOBODY)


def read(text: str) -> Presented | None:
    """What has the form of a key; None for anything else."""
    match = _KEY.fullmatch(text)
    return Presented(id=match["id"], digest=_digest(match["secret"])) if match else None


def make(held: Iterable[scopes.Scope], limits: schema.Limits, now: dt.datetime) -> tuple[ApiKey, str]:
    """A new key, and its text, which is nowhere else. Its id sorts by `now`."""
    key_id = ids.new("key", now).partition("_")[2]
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = ApiKey(id=key_id, digest=_digest(secret), scopes=frozenset(held), limits=limits)
    return key, f"tl_{key_id}_{secret}"


def parse(text: str) -> tuple[ApiKey, ...]:
    """The keys in a comma-separated list, which may do everything without a limit of their own.

    Raises:
        BadInput: one of them is no key, or two have the same id; says which one by its place, never by its text.
    """
    found: dict[str, ApiKey] = {}
    for place, part in enumerate((part.strip() for part in text.split(",")), start=1):
        presented = read(part)
        if presented is None:
            raise errors.BadInput(f"key {place} is not of the form tl_<id>_<secret of at least 16 characters>")
        if presented.id in found:
            raise errors.BadInput(f"key {place} has the id of an earlier one")
        found[presented.id] = ApiKey(id=presented.id, digest=presented.digest, scopes=frozenset({scopes.Scope.ADMIN}))
    return tuple(found.values())


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()

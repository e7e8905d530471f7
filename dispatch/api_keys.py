"""API keys: `tl_<id>_<secret>`. Only the SHA-256 of the secret is kept; 256 random bits need no slow hash."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import re
from collections.abc import Iterable

from callcore import errors

_KEY = re.compile(r"tl_(?P<id>[A-Za-z0-9]{1,64})_(?P<secret>[A-Za-z0-9_-]{16,256})", re.ASCII)
_NOBODY = hashlib.sha256(b"").digest()  # compared with when the id is unknown, so that both ways take the same time


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key as dispatch knows it."""

    id: str
    digest: bytes
    """SHA-256 of the secret part."""


class ApiKeys:
    """The keys that open `/v1`."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._by_id = {key.id: key for key in keys}

    def find(self, presented: str) -> ApiKey | None:
        """The key that was presented; None for one that is unknown, wrong or no key at all."""
        match = _KEY.fullmatch(presented)
        key = self._by_id.get(match["id"]) if match else None
        digest = hashlib.sha256((match["secret"] if match else "").encode()).digest()
        is_right = hmac.compare_digest(digest, key.digest if key else _NOBODY)
        return key if is_right else None


def parse(text: str) -> tuple[ApiKey, ...]:
    """The keys in a comma-separated list.

    Raises:
        BadInput: one of them is no key, or two have the same id; says which one by its place, never by its text.
    """
    found: dict[str, ApiKey] = {}
    for place, part in enumerate((part.strip() for part in text.split(",")), start=1):
        match = _KEY.fullmatch(part)
        if match is None:
            raise errors.BadInput(f"key {place} is not of the form tl_<id>_<secret of at least 16 characters>")
        if match["id"] in found:
            raise errors.BadInput(f"key {place} has the id of an earlier one")
        found[match["id"]] = ApiKey(id=match["id"], digest=hashlib.sha256(match["secret"].encode()).digest())
    return tuple(found.values())

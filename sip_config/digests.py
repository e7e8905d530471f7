"""Short hashes of content: equal for equal content, in every process and on every machine."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import pydantic

_LENGTH = 16  # 64 bits: enough to tell versions of one configuration apart


def of(*content: object) -> str:
    """A hash of settings, texts, and lists and mappings of them. Secrets count, and cannot be read back."""
    text = json.dumps(content, default=_plain, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _plain(value: object) -> object:
    match value:
        case pydantic.BaseModel():
            return value.model_dump()
        case pydantic.SecretStr():
            return value.get_secret_value()
        case dt.timedelta():
            return value.total_seconds()
    raise TypeError(type(value).__name__)

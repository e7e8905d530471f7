"""Short hashes of content: equal for equal content, in every process and on every machine."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping

import pydantic

_LENGTH = 16  # 64 bits: enough to tell versions of one configuration apart


def of(*content: object) -> str:
    """A hash of settings, texts, and lists and mappings of them. Secrets count, and cannot be read back."""
    text = json.dumps(_plain(content), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


def _plain(value: object) -> object:
    match value:
        case pydantic.BaseModel():
            return _plain(value.model_dump())
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case pydantic.SecretStr():
            return value.get_secret_value()
        case dt.timedelta():
            return value.total_seconds()
        case dt.date():
            return value.isoformat()
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(type(value).__name__)

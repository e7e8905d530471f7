"""Lists of what is configured: by name, a page at a time. The cursor is the name of the last one, opaque to clients."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Generic, TypeVar

import pydantic

from dispatch import reading
from dispatch.v1 import schemas

_DEFAULT_LIMIT = 50
_MAX_LIMIT = 200

Thing = TypeVar("Thing")


class Paging(schemas.Shape):
    """Query parameters of such a list."""

    model_config = pydantic.ConfigDict(extra="forbid", populate_by_name=False)

    limit: Annotated[int, pydantic.Field(ge=1, le=_MAX_LIMIT)] = _DEFAULT_LIMIT
    cursor: Annotated[str | None, pydantic.Field(max_length=128)] = None


class Page(schemas.Shape, Generic[Thing]):
    """A part of a list."""

    items: tuple[Thing, ...]
    next_cursor: str | None


def page(things: Mapping[str, Thing], paging: Paging) -> tuple[tuple[Thing, ...], str | None]:
    """The things of a page, and the cursor of the next one.

    Raises:
        Invalid: the cursor is none of ours.
    """
    after = _decode(paging.cursor) if paging.cursor is not None else ""
    names = sorted(name for name in things if name > after)
    shown = names[: paging.limit]
    return tuple(things[name] for name in shown), _encode(shown[-1]) if len(names) > len(shown) else None


def _encode(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _decode(cursor: str) -> str:
    try:
        name = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        name = ""
    if not name or _encode(name) != cursor:
        raise reading.Invalid([("cursor", "is not a cursor of this list")])
    return name

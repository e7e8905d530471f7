"""Lists of what is configured: by name, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Generic, TypeVar

import pydantic

from dispatch.v1 import cursors, schemas

_DEFAULT_LIMIT = 50
_MAX_LIMIT = 200

Thing = TypeVar("Thing")


class Paging(schemas.Input):
    """Query parameters of such a list."""

    limit: Annotated[int, pydantic.Field(ge=1, le=_MAX_LIMIT)] = _DEFAULT_LIMIT
    """How many at most."""
    cursor: Annotated[str | None, pydantic.Field(max_length=128)] = None
    """The `nextCursor` of the page before."""

    def before(self, *, is_name: Callable[[str], bool] = bool) -> str | None:
        """What the page begins behind: the id or name in the cursor; None for the first one.

        Raises:
            Invalid: the cursor is none of ours, or what is in it is no name by `is_name`.
        """
        return behind(self.cursor, is_name=is_name)


class Page(schemas.Shape, Generic[Thing]):
    """A part of a list."""

    items: tuple[Thing, ...]
    next_cursor: str | None
    """For `cursor`, to get the next page; null on the last one."""


def page(things: Mapping[str, Thing], paging: Paging) -> tuple[tuple[Thing, ...], str | None]:
    """The things of a page, and the cursor of the next one.

    Raises:
        Invalid: the cursor is none of ours.
    """
    after = paging.before() or ""
    names = sorted(name for name in things if name > after)
    shown = names[: paging.limit]
    return tuple(things[name] for name in shown), following(shown[-1] if len(names) > len(shown) else None)


def behind(cursor: str | None, *, is_name: Callable[[str], bool] = bool) -> str | None:
    """What a cursor says that a page begins behind; None where there is none.

    Raises:
        Invalid: the cursor is none of ours, or what is in it is no name by `is_name`.
    """
    return cursors.decode(cursor, is_name=is_name) if cursor is not None else None


def following(last: str | None) -> str | None:
    """The `nextCursor` for what a page ends with; None on the last one."""
    return cursors.encode(last) if last is not None else None

"""What clients give: numbers in any spelling, times, texts, and rows of which some may be wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import pydantic
from aiohttp import web
from pydantic import json_schema

from callcore import contract, errors, numbers
from dispatch import keys
from dispatch.http import reading
from dispatch.v1 import schemas

PLAIN = r"[^\x00-\x08\x0b-\x1f\x7f]"
"""Any sign but a control sign; lines may end."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:", re.ASCII)

Number = Annotated[str, pydantic.Field(min_length=1, max_length=64, examples=["+12015550123"])]
"""A number as somebody wrote it; `e164` reads it."""


def _written(value: Any) -> Any:
    if not isinstance(value, str) or not _TIME.match(value):
        raise ValueError("must be a time such as 2026-01-02T03:04:05Z")
    return value


Time = Annotated[contract.Moment, pydantic.BeforeValidator(_written)]
"""RFC 3339. A bare number is none: whether it counts seconds or milliseconds is anybody's guess."""


class RefusedRow(schemas.Shape):
    """A row that was not taken."""

    index: int
    """Its place among the rows, from 0."""
    message: str


class Wrong(pydantic.BaseModel):
    """What stands in the place of a row that is not valid."""

    problem: str


Wanted = TypeVar("Wanted", bound=pydantic.BaseModel)
Made = TypeVar("Made")


def text(longest: int) -> pydantic.types.StringConstraints:
    """A text of so many characters at most and one at least, without control signs."""
    return pydantic.StringConstraints(min_length=1, max_length=longest, pattern=f"^{PLAIN}*$")


def e164(request: web.Request, written: str, *, path: str = "e164") -> str:
    """A number that a client wrote; a bare national one is of the organization's country.

    Args:
        request: of the client.
        written: in any spelling.
        path: where in the request it stands.

    Raises:
        Invalid: it is none.
    """
    try:
        return numbers.parse(written, region=request.app[keys.SWITCHBOARD].configuration.organization.country)
    except errors.InvalidNumber as error:
        raise reading.Invalid([(path, error.message)]) from None


def filtered(request: web.Request, written: str | None) -> str | None:
    """A list's `number`, as `e164`; None where the list is not narrowed by one."""
    return e164(request, written, path="number") if written is not None else None


def _tolerant(value: Any, validate: pydantic.ValidatorFunctionWrapHandler) -> Any:  # a row of any shape
    try:
        return validate(value)
    except pydantic.ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in found["loc"][1:])  # behind the name of the model
        message = reading.plainly(found["msg"])
        return Wrong(problem=f"{place}: {message}" if place else message)


Row = Annotated[Wanted | json_schema.SkipJsonSchema[pydantic.InstanceOf[Wrong]], pydantic.WrapValidator(_tolerant)]
"""A row that keeps no other one out where it is wrong."""


def sort(
    rows: Sequence[Wanted | Wrong], make: Callable[[Wanted], Made]
) -> tuple[tuple[tuple[int, Made], ...], tuple[RefusedRow, ...]]:
    """What the rows say, each with its place, and those that cannot be taken."""
    made, refused = [], []
    for index, row in enumerate(rows):
        try:
            if isinstance(row, Wrong):
                raise errors.BadInput(row.problem)
            made.append((index, make(row)))
        except reading.Invalid as error:
            refused.append(RefusedRow(index=index, message="; ".join(message for _, message in error.problems)))
        except errors.BadInput as error:
            refused.append(RefusedRow(index=index, message=error.message))
    return tuple(made), tuple(refused)

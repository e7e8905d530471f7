"""Reads what a client sent: strict JSON (RFC 8259, with the limits of I-JSON, RFC 7493) into pydantic models."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import Never, TypeVar

import multidict
import pydantic
from aiohttp import http_exceptions, web

from callcore import errors

MAX_BODY = 1024 * 1024  # bytes, unless a route says otherwise
_BODY_S = 10.0  # for the whole body, so that a slow sender does not hold a connection
_MAX_DEPTH = 32
_MAX_INTEGER = 2**53 - 1  # RFC 7493 section 2.2: beyond it JSON numbers lose digits on the way
_MAX_PROBLEMS = 50  # a client that made more mistakes than that reads the first ones first

_OBJECT = re.compile(r"an object|a valid dictionary(?: or instance of \w+)?")

_M = TypeVar("_M", bound=pydantic.BaseModel)


class Malformed(errors.BadInput):
    """The body is not JSON."""

    public_code = "malformed_json"


class UnsupportedMediaType(errors.BadInput):
    """The body must be application/json."""

    public_code = "unsupported_media_type"


class Invalid(errors.BadInput):
    """The input is not valid."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.problems = tuple(problems)


async def body(request: web.Request, model: type[_M], *, limit: int = MAX_BODY) -> _M:
    """The body as a model.

    Raises:
        UnsupportedMediaType: there is a body and it does not call itself JSON.
        Malformed: not JSON, a key twice in one object, nested too deep, a number out of range.
        Invalid: JSON, but not what this model takes.
        web.HTTPException: too large, or too slow.
    """
    raw = await raw_body(request, limit)
    if raw and request.content_type != "application/json":
        raise UnsupportedMediaType
    raw = raw or b"{}"
    check(raw)
    with _as_invalid():
        return model.model_validate_json(raw)


async def raw_body(request: web.Request, limit: int) -> bytes:
    """The bytes of the body, decompressed.

    Raises:
        Malformed: it does not arrive as its headers say.
        web.HTTPRequestEntityTooLarge: more than `limit` bytes.
        web.HTTPRequestTimeout: it does not arrive in time.
    """
    received = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            async for chunk in request.content.iter_any():
                received += chunk
                if len(received) > limit:
                    raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(received))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (web.RequestPayloadError, http_exceptions.HttpProcessingError):
        raise Malformed("The body does not arrive as its headers say.") from None
    return bytes(received)


def parameters(values: multidict.MultiMapping[str], model: type[_M]) -> _M:
    """Query parameters as a model.

    Raises:
        Invalid: unknown, repeated or bad ones.
    """
    repeated = sorted({name for name in values if len(values.getall(name)) > 1})
    if repeated:
        raise Invalid([(name, "may be given only once") for name in repeated])
    with _as_invalid():
        return model.model_validate_strings(dict(values))


def check(raw: bytes) -> None:
    """Refuse what JSON parsers disagree about, and what only costs memory.

    Raises:
        Malformed: see `body`.
    """
    parsed(raw)


def parsed(raw: bytes) -> object:
    """JSON that somebody sent, of any shape.

    Raises:
        Malformed: see `body`.
    """
    try:
        root = json.loads(
            raw.decode(), object_pairs_hook=_unique, parse_constant=_constant, parse_int=_integer, parse_float=_finite
        )
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise Malformed(_TOO_DEEP) from None
    level = _containers([root])
    for _ in range(_MAX_DEPTH):
        level = [inner for outer in level for inner in _containers(outer)]
    if level:
        raise Malformed(_TOO_DEEP)
    return root


_TOO_DEEP = f"The body is nested deeper than {_MAX_DEPTH} levels."


def _containers(value: object) -> list[object]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [child for child in inside if isinstance(child, dict | list)]


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Malformed("A key stands twice in one object.")
    return found


def _constant(_text: str) -> Never:
    raise Malformed("NaN and Infinity are no JSON.")


def _integer(text: str) -> int:
    # The length is tested first because turning very long digits into a number takes very long.
    if len(text) > len(str(-_MAX_INTEGER)) or abs(number := int(text)) > _MAX_INTEGER:
        raise Malformed("An integer is out of range.")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Malformed("A number is out of range.")
    return number


@contextlib.contextmanager
def _as_invalid() -> Iterator[None]:
    try:
        yield
    except pydantic.ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)[:_MAX_PROBLEMS]
        raise Invalid([(".".join(map(str, problem["loc"])), plainly(problem["msg"])) for problem in found]) from None


def plainly(message: str) -> str:
    """What pydantic says of Python's types, in the words of JSON; what our own validators say, as they say it."""
    return _OBJECT.sub("an object", message.removeprefix("Value error, ")).replace("Tuple should", "List should")

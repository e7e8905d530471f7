"""Errors as HTTP: RFC 9457 problem details for everything that goes wrong, in one place."""

from __future__ import annotations

import datetime as dt
import http
import math
from collections.abc import Mapping, Sequence

import pydantic
import structlog
from aiohttp import typedefs, web
from pydantic import alias_generators

from callcore import clock, errors
from dispatch.access import scopes
from dispatch.http import reading

_log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
_RETRY_AFTER_S = 2  # what is out now is usually a restart
_LIMIT_RETRY_S = 10  # for a call to end: how long that takes nobody knows


class TooMany(errors.Unavailable):
    """A limit is reached; try again later."""

    public_code = "too_many"


class FieldError(pydantic.BaseModel):
    """One thing that is wrong with the input."""

    model_config = pydantic.ConfigDict(use_attribute_docstrings=True)

    path: str
    """Where, as a dotted path; empty for the whole."""
    message: str


class Problem(pydantic.BaseModel):
    """The body of every error (RFC 9457)."""

    model_config = pydantic.ConfigDict(
        use_attribute_docstrings=True,
        alias_generator=alias_generators.to_camel,
        validate_by_name=True,
        serialize_by_alias=True,
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    """Stable, snake_case: what a client may branch on."""
    errors: list[FieldError] | None = None
    """Of 422: everything that is wrong."""
    retry_at: dt.datetime | None = None
    """Of a refused dial: when the same request may be allowed."""
    scope: str | None = None
    """Of a refused dial: whose limit it is, such as `key` or `callee`."""


def response(
    status: int,
    code: str,
    detail: str,
    *,
    fields: Sequence[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, str | int] | None = None,
) -> web.Response:
    """A problem as a response."""
    problem = Problem(
        title=http.HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        errors=list(fields) if fields is not None else None,
    )
    body = problem.model_dump(exclude_none=True) | dict(extra or {})
    return web.json_response(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def of_error(error: errors.TrunklineError) -> web.Response:
    """What an error of ours means to a client."""
    match error:
        case reading.Malformed():
            return response(400, error.public_code, error.message)
        case reading.UnsupportedMediaType():
            return response(415, error.public_code, error.message)
        case reading.Invalid():
            fields = [FieldError(path=path, message=message) for path, message in error.problems]
            return response(422, error.public_code, error.message, fields=fields)
        case errors.BadInput():
            return response(422, error.public_code, error.message)
        case errors.PolicyRefused():
            return _refused(error)
        case scopes.MissingScope():
            return response(403, error.public_code, error.message)
        case errors.NotFound():
            return response(404, error.public_code, error.message)
        case errors.Conflict():
            return response(409, error.public_code, error.message)
        case TooMany():
            return response(429, error.public_code, error.message, headers={"Retry-After": str(_RETRY_AFTER_S)})
        case errors.Unavailable():
            return response(503, error.public_code, error.message, headers={"Retry-After": str(_RETRY_AFTER_S)})
        case _:
            _log.error("a request failed", error=error.public_code, exc_info=error)
            return response(500, "internal_error", "Something went wrong here. The log has it.")


def _refused(error: errors.PolicyRefused) -> web.Response:
    extra: dict[str, str | int] = {}
    headers: dict[str, str] = {}
    if error.scope is not None:
        extra["scope"] = error.scope
    if error.retry_at is not None:
        extra["retryAt"] = clock.rfc3339(error.retry_at)
        wait_s = (error.retry_at - dt.datetime.now(dt.UTC)).total_seconds()
        headers["Retry-After"] = str(max(1, math.ceil(wait_s)))
    elif error.is_limit:
        headers["Retry-After"] = str(_LIMIT_RETRY_S)
    return response(429 if error.is_limit else 403, error.code, error.message, headers=headers, extra=extra)


def of_http(error: web.HTTPException) -> web.Response:
    """What aiohttp refused by itself: no such route, wrong method, too much."""
    phrase = http.HTTPStatus(error.status).phrase
    code = phrase.lower().replace(" ", "_").replace("-", "_")
    headers = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
    return response(error.status, code, _DETAILS.get(error.status, f"{phrase}."), headers=headers)


_DETAILS = {
    404: "There is nothing at this path.",
    405: "This path does not know that method; Allow names those that it knows.",
    413: "The body is larger than this path takes.",
}


@web.middleware
async def middleware(request: web.Request, handler: typedefs.Handler) -> web.StreamResponse:
    """The one place where an exception becomes a response. What nobody foresaw is logged and told as a plain 500."""
    try:
        return await handler(request)
    except errors.TrunklineError as error:
        return of_error(error)
    except web.HTTPException as error:
        return of_http(error)
    except Exception:  # the last resort of the whole service; the log has the traceback
        _log.exception("a request failed unexpectedly", method=request.method)
        if request.writer.output_size > 0:
            raise  # a part of the answer is out: breaking the connection is all that is left
        return response(500, "internal_error", "Something went wrong here. The log has it.")

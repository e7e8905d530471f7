"""`Idempotency-Key`: a request that is sent again gets the answer that it got, and does nothing a second time.

A name counts for one API key. The answer is kept in the transaction that makes what it tells of, so there is never the
one without the other; of several requests at once the store lets one in at a time, and the others find its answer.
What fails keeps nothing: the same name may be tried again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
from collections.abc import Awaitable, Callable

import pydantic
from aiohttp import web
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch import keys
from dispatch.access import auth
from dispatch.http import problems, reading
from dispatch.store import idempotency as rows

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
"""Header of an answer that was given before."""

Stored = rows.Stored

_NAME = re.compile(r"[\x20-\x7e]{1,255}")


class IdempotencyConflict(errors.Conflict):
    """This Idempotency-Key was used for another request."""

    public_code = "idempotency_conflict"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Attempt:
    """A request that may have been made before."""

    key_id: str
    """The API key."""
    name: str
    """SHA-256 of what the client calls the request: that may hold anything, such as the number that is called."""
    fingerprint: str
    """SHA-256 of method, path and body."""


def attempt_of(request: web.Request, body: pydantic.BaseModel) -> Attempt | None:
    """The attempt that a request is; None where the client named none.

    Raises:
        Invalid: the name is none, is longer than 255 characters, or has others than printable ASCII.
    """
    names = request.headers.getall(HEADER, [])
    if not names:
        return None
    if len(names) > 1 or not _NAME.fullmatch(names[0]):
        raise reading.Invalid([(HEADER, "must be given once, with 1 to 255 printable ASCII characters")])
    name = hashlib.sha256(names[0].encode()).hexdigest()
    return Attempt(key_id=auth.key_of(request).id, name=name, fingerprint=_fingerprint(request, body))


async def recall(tx: sa_async.AsyncConnection, attempt: Attempt | None) -> Stored | None:
    """What was answered to this attempt; None where it is the first.

    Raises:
        IdempotencyConflict: the name was used for another request.
    """
    if attempt is None:
        return None
    stored = await rows.find(tx, attempt.key_id, attempt.name)
    if stored is not None and stored.fingerprint != attempt.fingerprint:
        raise IdempotencyConflict
    return stored


async def keep(
    tx: sa_async.AsyncConnection,
    attempt: Attempt | None,
    *,
    status: int,
    body: str,
    now: dt.datetime,
    call_id: str | None = None,
) -> None:
    """Keep what is answered to this attempt, in the transaction that makes what it tells of."""
    if attempt is not None:
        stored = Stored(fingerprint=attempt.fingerprint, status=status, body=body, call_id=call_id)
        await rows.add(tx, attempt.key_id, attempt.name, stored, now)


async def keep_first(
    tx: sa_async.AsyncConnection, attempt: Attempt | None, *, status: int, body: str, now: dt.datetime, call_id: str
) -> Stored | None:
    """As `recall`, and then `keep` where this is the first attempt; for an answer that is known before it is made true.

    Raises:
        IdempotencyConflict: see `recall`.
    """
    if attempt is None:
        return None
    stored = Stored(fingerprint=attempt.fingerprint, status=status, body=body, call_id=call_id)
    if await rows.add_if_new(tx, attempt.key_id, attempt.name, stored, now):
        return None
    return await recall(tx, attempt)


def replay(stored: Stored) -> web.Response:
    """The same answer again."""
    return _answer(stored.status, stored.body, {REPLAYED: "true"})


async def once(
    request: web.Request,
    body: pydantic.BaseModel,
    make: Callable[[sa_async.AsyncConnection], Awaitable[pydantic.BaseModel]],
    *,
    status: int,
) -> web.Response:
    """Make something and answer with it, once for each attempt, all in one transaction.

    Raises:
        Invalid: see `attempt_of`.
        IdempotencyConflict: see `recall`.
        StoreUnavailable: nothing was made.
    """
    attempt = attempt_of(request, body)
    async with request.app[keys.STORE].writing() as tx:
        stored = await recall(tx, attempt)
        if stored is not None:
            return replay(stored)
        text = (await make(tx)).model_dump_json(by_alias=True)
        await keep(tx, attempt, status=status, body=text, now=request.app[keys.CLOCK].now())
    return _answer(status, text)


def _answer(status: int, body: str, headers: dict[str, str] | None = None) -> web.Response:
    # What was made may have been deleted since: that is told as a problem.
    content_type = "application/json" if status < 400 else problems.CONTENT_TYPE
    return web.Response(status=status, text=body, headers=headers, content_type=content_type)


def _fingerprint(request: web.Request, body: pydantic.BaseModel) -> str:
    # The order of names in an object says nothing (RFC 8259 section 4), and a client may change it.
    canonical = json.dumps(json.loads(body.model_dump_json()), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256("\n".join((request.method, request.path, canonical)).encode()).hexdigest()

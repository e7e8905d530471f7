"""Commands take a lease before they change what dispatch changes as well."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import pydantic
from aiohttp import web

from callcore import contract, errors
from dispatch import keys, leases
from dispatch.http import answers, routes

_MAX_TTL_S = 120
_NAMES = frozenset({leases.APPLY})

Holder = Annotated[str, pydantic.Field(min_length=1, max_length=128, pattern=r"^[\x20-\x7e]+$")]


class NoSuchLease(errors.NotFound):
    """There is no lease of this name."""

    public_code = "no_such_lease"


class LeaseRequest(contract.Message):
    """Who wants a lease, and for how long at most."""

    holder: Holder
    """Unique to the process, and a name for whoever finds the lease taken."""
    ttl_s: int = pydantic.Field(ge=1, le=_MAX_TTL_S)


class LeaseGranted(contract.Message):
    """The lease is the holder's."""

    until: contract.Moment


class LeaseHolder(pydantic.BaseModel):
    """Whose lease is given back."""

    model_config = pydantic.ConfigDict(extra="forbid")

    holder: Holder


async def take(request: web.Request, _: routes.Nothing, wanted: LeaseRequest) -> web.Response:
    """Grant a lease, or refuse with who has it."""
    app = request.app
    ttl = dt.timedelta(seconds=wanted.ttl_s)
    lease = await leases.take(app[keys.STORE], app[keys.CLOCK], name=_name(request), holder=wanted.holder, ttl=ttl)
    return answers.model(LeaseGranted(until=lease.until))


async def release(request: web.Request, given: LeaseHolder, _: routes.Nothing) -> web.Response:
    """Take a lease back; of somebody else's, nothing happens."""
    await leases.release(request.app[keys.STORE], name=_name(request), holder=given.holder)
    return web.Response(status=204)


def _name(request: web.Request) -> str:
    name = request.match_info["name"]
    if name not in _NAMES:
        raise NoSuchLease
    return name

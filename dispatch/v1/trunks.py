"""Trunks, as the configuration in force has them, and what was learned of transfers by their carriers (REFER)."""

from __future__ import annotations

import datetime as dt
import enum

from aiohttp import web

from dispatch import keys
from dispatch.http import answers, routes
from dispatch.store import refer_experiences
from dispatch.transfers import learning
from dispatch.v1 import listing, managed, schemas
from sip_config import schema


class Learned(enum.StrEnum):
    """Whether a trunk takes REFER, by what it did."""

    ACCEPTS = "accepts"
    REFUSES = "refuses"
    """It is not asked: what would be a REFER is a dial. After a day it is asked once more."""
    UNKNOWN = "unknown"


class Refer(schemas.Shape):
    """What is known of a trunk and REFER."""

    configured: bool
    """`refer` of the trunk."""
    learned: Learned
    taken: int
    """How often it accepted one."""
    refused: int
    unknown: int
    """How often it did not say how it went, and the caller stayed."""
    last_result: refer_experiences.Result | None
    last_sip_status_code: int | None
    last_at: schemas.Time | None
    refuses_since: schemas.Time | None

    @classmethod
    def of(cls, trunk: schema.Trunk, known: refer_experiences.Experience | None, now: dt.datetime) -> Refer:
        refuses = learning.refuses(known, now)
        since = known.refuses_since if known is not None and refuses else None
        return cls(
            configured=trunk.refer,
            learned=Learned.REFUSES if refuses else _learned(known),
            taken=known.taken if known is not None else 0,
            refused=known.refused if known is not None else 0,
            unknown=known.unknown if known is not None else 0,
            last_result=known.last_result if known is not None else None,
            last_sip_status_code=known.last_sip_status_code if known is not None else None,
            last_at=known.last_at if known is not None else None,
            refuses_since=since,
        )


class Trunk(schemas.Shape):
    """A connection to a carrier or PBX."""

    name: str
    inbound: bool
    """Whether it takes calls."""
    outbound: bool
    """Whether it places calls."""
    refer: Refer
    managed_by: managed.By = "file"


async def index(request: web.Request, paging: listing.Paging, _: routes.Nothing) -> web.Response:
    """A page of trunks, by name."""
    configured = request.app[keys.SWITCHBOARD].configuration.trunks
    async with request.app[keys.STORE].reading() as tx:
        known = await refer_experiences.every(tx)
    now = request.app[keys.CLOCK].now()
    trunks = {
        name: Trunk(
            name=name,
            inbound=trunk.inbound is not None,
            outbound=trunk.outbound is not None,
            refer=Refer.of(trunk, known.get(name), now),
        )
        for name, trunk in configured.items()
    }
    items, following = listing.page(trunks, paging)
    return answers.model(listing.Page[Trunk](items=items, next_cursor=following))


def _learned(known: refer_experiences.Experience | None) -> Learned:
    has_taken = known is not None and known.taken > 0 and known.last_result is not refer_experiences.Result.REFUSED
    return Learned.ACCEPTS if has_taken else Learned.UNKNOWN

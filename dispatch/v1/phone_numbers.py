"""Phone numbers of ours, as the configuration in force has them. A number's id is the number itself."""

from __future__ import annotations

from aiohttp import web

from callcore import errors, numbers
from dispatch import keys
from dispatch.http import answers, routes
from dispatch.v1 import calls, listing, managed, schemas
from sip_config import schema


class NoSuchNumber(errors.NotFound):
    """There is no such number."""


class Route(schemas.Shape):
    """One of several ways a call may go."""

    when: str | None
    agent_id: str | None
    split: dict[str, int] | None


class PhoneNumber(schemas.Shape):
    """A number and what is done with its calls."""

    id: str
    e164: str
    label: str | None
    brand_name: str | None
    trunk: str
    direction: schema.Direction
    agent_id: str | None
    split: dict[str, int] | None
    routes: tuple[Route, ...]
    work_mode: schema.WorkMode
    forward_to: str | None
    forward_fallback: schema.Fallback | None
    off_hours_message: str | None
    voicemail_greeting: str | None
    dispatch_metadata_template: dict[str, str]
    managed_by: managed.By = "file"

    @classmethod
    def of(cls, number: schema.Number) -> PhoneNumber:
        settings = number.model_dump(mode="json")
        return cls(
            id=number.e164,
            e164=number.e164,
            label=number.label,
            brand_name=number.brand_name,
            trunk=number.trunk,
            direction=number.direction,
            agent_id=number.agent,
            split=number.split,
            routes=tuple(
                Route(when=route["when"], agent_id=route["agent"], split=route["split"]) for route in settings["routes"]
            ),
            work_mode=number.work_mode,
            forward_to=settings["forward_to"],
            forward_fallback=number.forward_fallback,
            off_hours_message=number.off_hours_message,
            voicemail_greeting=number.voicemail_greeting,
            dispatch_metadata_template=settings["metadata"],
        )


async def index(request: web.Request, paging: listing.Paging, _: routes.Nothing) -> web.Response:
    """A page of numbers, in their order."""
    found, following = listing.page(request.app[keys.SWITCHBOARD].configuration.numbers, paging)
    items = tuple(PhoneNumber.of(number) for number in found)
    return answers.model(listing.Page[PhoneNumber](items=items, next_cursor=following))


async def show(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """One number."""
    return answers.model(PhoneNumber.of(_number(request)))


async def index_calls(request: web.Request, wanted: calls.Filters, _: routes.Nothing) -> web.Response:
    """A page of the calls from or to a number, newest first."""
    line = _number(request).e164
    return answers.model(await calls.page(request, wanted, line=line))


def _number(request: web.Request) -> schema.Number:
    """The number that a path names, with its plus or without.

    Raises:
        NoSuchNumber: it is none of ours.
    """
    given = request.match_info["id"]
    e164 = given if given.startswith("+") else f"+{given}"
    found = request.app[keys.SWITCHBOARD].configuration.numbers.get(e164) if numbers.is_e164(e164) else None
    if found is None:
        raise NoSuchNumber
    return found

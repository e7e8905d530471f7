"""What may be dialed: the way to a destination, and the gate's word, asked again before each dial.

Configurations change, and so does what limits leave.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, errors, transfer_steps, transfer_wishes, transfers
from dispatch import gate
from dispatch.ledger import hops
from dispatch.livekit import dialing
from dispatch.store import briefs
from dispatch.store import calls as call_rows
from dispatch.transfers import destinations, means, taking, tries
from sip_config import configurations

CONSULTATION_S = 120.0
"""How long a destination may be asked whether they take the call."""


class NoWish(errors.Conflict):
    """What this transfer is to do cannot be read."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Story:
    """What stays the same while a transfer is carried out."""

    call: calls.Call
    kind: transfers.Kind
    wish: transfer_wishes.Wish
    requested_by: transfer_wishes.Requester
    hops: int
    """How many the call has made."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Permit:
    """A destination that may be tried, as far as the configuration goes."""

    destination: transfer_wishes.Destination
    method: transfers.Method
    route: dialing.Route | None
    """How it is dialed; None where the carrier is asked to."""
    reserve: taking.Reserving
    """Asks for the limits, at the moment of the dial."""

    def dialed(self, at: dt.datetime) -> transfer_steps.Dialed:
        """The fact that it is tried from now on."""
        destination = self.destination
        return transfer_steps.Dialed(at=at, to=destination.to, label=destination.label, method=self.method)


@dataclasses.dataclass(frozen=True, kw_only=True)
class First:
    """The first attempt of a transfer that begins at once."""

    story: Story
    permit: Permit


async def story_of(parts: means.Means, transfer: transfers.Transfer) -> Story:
    """What a transfer is about.

    Raises:
        NoSuchCall: there is no such call.
        NoWish: a forward whose plan is not there, or was written by another version.
        StoreUnavailable: nobody can tell.
    """
    async with parts.store.reading() as tx:
        call = (await call_rows.get(tx, transfer.call_id)).call
        plan = (await briefs.get(tx, transfer.call_id)).plan if transfer.wish is None else None
        made = await hops.of_call(tx, transfer.call_id)
    wish = tries.wish_of(transfer, plan)
    if wish is None:
        raise NoWish
    return Story(call=call, kind=transfer.kind, wish=wish, requested_by=transfer.requested_by, hops=made)


async def permit_best(parts: means.Means, story: Story, destination: transfer_wishes.Destination) -> Permit:
    """Let a destination pass, by REFER where it is a blind transfer and the carrier is worth asking.

    Raises:
        BadInput, PolicyRefused: as `permit`.
        StoreUnavailable: nobody can say what the carrier is known to take.
    """
    is_asked = story.kind is transfers.Kind.BLIND and await parts.referring.is_worth_trying(story.call, destination)
    return permit(parts, story, destination, transfers.Method.REFER if is_asked else transfers.Method.DIAL)


async def permit_dial(parts: means.Means, story: Story, destination: transfer_wishes.Destination) -> Permit:
    """Let a destination pass that is to be dialed into the room, whatever the carrier takes; raises as `permit`."""
    return permit(parts, story, destination, transfers.Method.DIAL)


def permit(
    parts: means.Means, story: Story, destination: transfer_wishes.Destination, method: transfers.Method
) -> Permit:
    """Let a destination pass.

    It is reserved as long as any call that we place may last, and counts longer where it lasts longer.

    Raises:
        BadInput: it leads nowhere.
        PolicyRefused: it must not be dialed now, or ever.
    """
    configuration = parts.board.configuration
    wish = _wish(configuration, story, destination)
    route = _route(configuration, story, destination) if method is transfers.Method.DIAL else None
    gate.check(configuration, wish)

    async def reserve(tx: sa_async.AsyncConnection) -> None:
        await gate.reserve(tx, configuration, wish, parts.clock.now())

    return Permit(destination=destination, method=method, route=route, reserve=reserve)


def dial(
    story: Story, transfer: transfers.Transfer, destination: transfer_wishes.Destination, route: dialing.Route
) -> dialing.Dial:
    """The dial of an attempt that was just put down."""
    return dialing.Dial(
        room_name=story.call.room_name,
        identity=transfer.identity or "",
        transfer_id=transfer.id,
        kind=transfer.kind,
        route=route,
        ringing_timeout_s=route.longest_ringing_s,
        dtmf=destination.extension or "",
        plays_dialtone=transfer.kind is not transfers.Kind.WARM,
        longest_s=story.wish.longest_s + CONSULTATION_S,
    )


def _route(
    configuration: configurations.Configuration, story: Story, destination: transfer_wishes.Destination
) -> dialing.Route:
    return destinations.route(configuration, story.call, destination, kind=story.kind, wish=story.wish, made=story.hops)


def _wish(
    configuration: configurations.Configuration, story: Story, destination: transfer_wishes.Destination
) -> gate.Wish:
    return gate.Wish(
        to=destination.to,
        number=destinations.sender(configuration, story.call, story.wish),
        kind=gate.Kind.TRANSFER,
        key=None,
        call_id=story.call.id,
        minutes=configuration.dialing.max_duration.total_seconds() / 60,
        is_named_by_client=story.requested_by is transfer_wishes.Requester.API,
    )

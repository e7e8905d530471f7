"""Webhooks that we sent: many, one, and sending them again."""

from __future__ import annotations

from aiohttp import web

from callcore import ids
from dispatch import keys
from dispatch.http import answers, routes
from dispatch.store import attempts, deliveries, delivery_views
from dispatch.v1 import listing, webhook_shapes
from dispatch.webhooks import posting

_IN_ONE_TRANSACTION = 20  # sent again; no other process writes anything meanwhile


async def index(request: web.Request, wanted: webhook_shapes.Filters, _: routes.Nothing) -> web.Response:
    """A page of deliveries, newest first."""
    before = wanted.before(is_name=_is_delivery)
    async with request.app[keys.STORE].reading() as tx:
        page = await deliveries.page(tx, wanted.of(wanted.state), limit=wanted.limit, before=before)
        statuses = await delivery_views.last_statuses(tx, [delivery.id for delivery in page.deliveries])
    items = tuple(
        webhook_shapes.WebhookDelivery.of(request, delivery, statuses.get(delivery.id)) for delivery in page.deliveries
    )
    following = listing.following(page.next_before)
    return answers.model(listing.Page[webhook_shapes.WebhookDelivery](items=items, next_cursor=following))


async def show(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """One delivery with its attempts."""
    async with request.app[keys.STORE].reading() as tx:
        delivery = await deliveries.get(tx, _id(request))
        tried = (await attempts.of_deliveries(tx, [delivery.id])).get(delivery.id, ())
    return answers.model(webhook_shapes.WebhookDeliveryDetail.whole(request, delivery, tried))


async def replay(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """Send one again."""
    async with request.app[keys.STORE].writing() as tx:
        again = await posting.replay(tx, _id(request), request.app[keys.CLOCK].now())
        statuses = await delivery_views.last_statuses(tx, [again.id])
    request.app[keys.DELIVERIES].wake()
    answer = webhook_shapes.WebhookDelivery.of(request, again, statuses.get(again.id))
    return answers.model(answer, status=202)


async def replay_many(request: web.Request, _: routes.Nothing, wanted: webhook_shapes.WebhookReplay) -> web.Response:
    """Send again what the filters let through, a page at a time."""
    before = listing.behind(wanted.cursor, is_name=_is_delivery)
    narrowed, now = wanted.of(wanted.state), request.app[keys.CLOCK].now()
    replayed, is_all = 0, False
    while replayed < wanted.limit and not is_all:
        async with request.app[keys.STORE].writing() as tx:
            most = min(_IN_ONE_TRANSACTION, wanted.limit - replayed)
            page = await deliveries.page(tx, narrowed, limit=most, before=before)
            for delivery in page.deliveries:
                await posting.replay(tx, delivery.id, now)
        replayed += len(page.deliveries)
        before, is_all = page.next_before, page.next_before is None
        request.app[keys.DELIVERIES].wake()
    done = webhook_shapes.WebhooksReplayed(replayed=replayed, next_cursor=listing.following(before))
    return answers.model(done, status=202)


def _id(request: web.Request) -> str:
    """The delivery that a path names.

    Raises:
        NoSuchDelivery: this is no delivery's id.
    """
    found = request.match_info["id"]
    if not _is_delivery(found):
        raise deliveries.NoSuchDelivery
    return found


def _is_delivery(name: str) -> bool:
    return ids.is_id(ids.DELIVERY, name)

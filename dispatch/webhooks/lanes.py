"""Lanes: the deliveries of one call for one endpoint, one after the other.

One that was not taken keeps the later ones waiting for ten minutes; after that it goes on being tried alone, and they
pass. Each is tried once at least before the next one is, so that after a long outage a call is still told in order.

Only the next one of a lane is ever due. The others wait to be released by the attempts of the one before them, so that
looking for what is due does not go through all that waits.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from dispatch.store import deliveries, delivery_results

PATIENCE = dt.timedelta(minutes=10)
"""How long a delivery that is not taken keeps later ones waiting, from its making on."""

_NET = dt.timedelta(hours=1)  # no release is ever missing; if one were, this is how long it would be missed


def release(tried: deliveries.Delivery, now: dt.datetime) -> delivery_results.Release:
    """When the one after a delivery that was just tried need not wait for it any more."""
    at = now if tried.finished_at is not None else max(now, tried.created_at + PATIENCE)
    return delivery_results.Release(lane=tried.lane or "", after=tried.position, at=at)


def queued(
    new: Iterable[deliveries.Delivery], last: Mapping[str, deliveries.Delivery]
) -> Iterator[deliveries.Delivery]:
    """New ones by position, each due when it may be tried as far as that is known.

    Args:
        new: as they are made, due at once.
        last: by lane, the last one that is still pending.
    """
    before = dict(last)
    for delivery in new:
        if delivery.lane is None or delivery.finished_at is not None:
            yield delivery
            continue
        behind = before.get(delivery.lane)
        before[delivery.lane] = delivery
        yield delivery if behind is None else dataclasses.replace(delivery, due_at=_due(delivery, behind))


def _due(delivery: deliveries.Delivery, behind: deliveries.Delivery) -> dt.datetime:
    if behind.attempts:
        return max(delivery.due_at, behind.created_at + PATIENCE)
    return delivery.due_at + _NET

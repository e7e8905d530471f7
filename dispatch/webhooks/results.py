"""What came of attempts, into the store: many in one transaction, each only if its claim still holds."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import random
import urllib.parse
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import attempts, deliveries, delivery_claims, delivery_results, endpoints
from dispatch.webhooks import disabling, lanes, posting, schedules, verdicts

_log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rules:
    """What is done about failures."""

    schedule: schedules.Schedule
    patience: disabling.Patience
    rng: random.Random = dataclasses.field(default_factory=random.Random)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kept:
    """What a transaction wrote, for those who act once it is committed."""

    judged: tuple[tuple[verdicts.Tried, deliveries.Delivery], ...] = ()
    """Attempts that count, with where their delivery is now."""
    late: int = 0
    """Attempts that do not: another process has the delivery, or nobody any more."""
    disabled: Mapping[str, tuple[str, int]] = dataclasses.field(default_factory=dict)
    """By endpoint that was given up: why, and how many deliveries went with it."""

    def report(self) -> None:
        """Tell the operator what is lost if nobody does anything."""
        for url, (why, given_up) in self.disabled.items():
            _log.error("a webhook endpoint is disabled", host=_host(url), because=why, given_up=given_up)
        lost = collections.Counter(
            (_host(after.url), after.kind, after.error)
            for _, after in self.judged
            if after.state is deliveries.State.FAILED
        )
        for (host, kind, error), count in lost.items():
            _log.error("webhooks are given up", host=host, kind=kind, error=error, count=count)
        if self.late:
            _log.warning("attempts at webhooks came too late to count", attempts=self.late)


async def keep(tx: sa_async.AsyncConnection, tried: Sequence[verdicts.Tried], rules: Rules, now: dt.datetime) -> Kept:
    """Write what came of attempts, in the order in which they ended.

    Args:
        tx: a writing transaction.
        tried: of one claimant, each of another delivery.
        rules: what is done about failures.
        now: the time.
    """
    if not tried:
        return Kept()
    before = {one.url: one for one in await endpoints.get_many(tx, {one.delivery.url for one in tried})}
    after = _fare(before, tried, rules.patience)
    ended = {one.delivery.id: (one, _judge(one, after[one.delivery.url], rules, now)) for one in tried}
    done = await delivery_results.finish(tx, [delivery for _, delivery in ended.values()])
    judged = tuple(ended[delivery_id] for delivery_id in ended if delivery_id in done)
    if judged:
        await attempts.insert(tx, [one.attempt for one, _ in judged])
    if releases := [lanes.release(delivery, now) for _, delivery in judged if delivery.lane is not None]:
        await delivery_results.release(tx, releases)
    for url, endpoint in after.items():
        if endpoint != before.get(url):
            await endpoints.update(tx, endpoint)
    return Kept(judged=judged, late=len(tried) - len(judged), disabled=await _disable(tx, before, after, now))


def _fare(
    before: Mapping[str, endpoints.Endpoint], tried: Sequence[verdicts.Tried], patience: disabling.Patience
) -> dict[str, endpoints.Endpoint]:
    after = {one.delivery.url: endpoints.Endpoint(url=one.delivery.url) for one in tried} | dict(before)
    for one in tried:
        endpoint = after[one.delivery.url]
        if one.answer.is_success:
            after[endpoint.url] = disabling.succeeded(endpoint)
        else:
            after[endpoint.url] = disabling.failed(endpoint, one.ended_at, patience, is_gone=one.is_gone)
    return after


def _judge(tried: verdicts.Tried, endpoint: endpoints.Endpoint, rules: Rules, now: dt.datetime) -> deliveries.Delivery:
    judged = verdicts.judge(tried, rules.schedule, rules.rng)
    if endpoint.is_disabled and judged.finished_at is None:
        return posting.given_up(judged, posting.ENDPOINT_DISABLED, now)
    return judged


async def _disable(
    tx: sa_async.AsyncConnection,
    before: Mapping[str, endpoints.Endpoint],
    after: Mapping[str, endpoints.Endpoint],
    now: dt.datetime,
) -> dict[str, tuple[str, int]]:
    """Give up what waits for endpoints that were in use until now."""
    disabled = {}
    for url, endpoint in after.items():
        if endpoint.is_disabled and not (url in before and before[url].is_disabled):
            given_up = await delivery_claims.give_up(tx, url, posting.ENDPOINT_DISABLED, now)
            disabled[url] = (endpoint.disabled_because or "", given_up)
    return disabled


def _host(url: str) -> str | None:
    return urllib.parse.urlsplit(url).hostname

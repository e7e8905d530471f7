"""Calls as a worker reports them: lines of a spool, again until they are taken."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections.abc import Iterator, Sequence

import aiohttp

from callcore import contract, events
from tests.integration.webhooks import sites
from tests.unit.dispatch import doubles, samples

EVENTS_OF_A_CALL = 10
_CALLS_AT_ONCE = 20
_LINES = 50  # in a batch
_TAKEN_S = 120.0
_AGAIN_S = 0.1

_NOTED = contract.NotedRecord(type=events.EventType.INTERRUPTED)


def lines(calls: int) -> Iterator[contract.SpoolLine]:
    """The lines of so many calls, some of which go on at the same time."""
    number = itertools.count(1)
    for first in range(0, calls, _CALLS_AT_ONCE):
        rooms = [f"call_{doubles.DIALED}_{call}" for call in range(first, min(calls, first + _CALLS_AT_ONCE))]
        stories = [_story(room) for room in rooms]
        for told in zip(*stories, strict=True):
            for room, record in zip(rooms, told, strict=True):
                now = dt.datetime.now(dt.UTC)
                yield contract.SpoolLine(
                    line=next(number), room_name=room, job_id="AJ_1", generation=1, at=now, record=record
                )


def _story(room: str) -> Sequence[contract.Record]:
    noted = [_NOTED] * (EVENTS_OF_A_CALL - 4)
    return (samples.arrived(room), samples.ROUTED, samples.ANSWERED, *noted, samples.ENDED)


async def feed(site: sites.Site, calls: int) -> None:
    """Have every line taken, by whichever dispatch is up."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {site.secret}"}) as http:
        waiting = lines(calls)
        while batch := tuple(itertools.islice(waiting, _LINES)):
            async with asyncio.timeout(_TAKEN_S):
                await _deliver(site, http, contract.SpoolBatch(spool_id="spool_1", lines=batch))


async def _deliver(site: sites.Site, http: aiohttp.ClientSession, batch: contract.SpoolBatch) -> None:
    for dispatch in itertools.cycle(site.dispatches):
        try:
            url = f"{site.url(dispatch)}/internal/spool"
            body = batch.model_dump_json().encode()
            async with http.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
                if response.status == 200:
                    return
                if response.status < 500:
                    raise AssertionError(await response.text())
        except (aiohttp.ClientError, OSError, LookupError):
            pass  # it is down just now
        await asyncio.sleep(_AGAIN_S)

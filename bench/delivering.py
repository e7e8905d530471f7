"""Delivering webhooks, beside a bare client that signs and posts the same bodies.

    scripts/bench delivering [--rounds N] [--calls N] [--single N] [--seed N] [--json]

One round is a new store (SQLite, WAL, synchronous=FULL). In it, one by one and in random order, to the same receiver:

    deliveries   what is in the store to be sent, until the store says of all of it that it has arrived: claims,
                 signatures, requests, and the commit of what came of each
    events       the same from one step before: from the outbox of the ledger, with the making of the deliveries
    bare         the same bodies by `aiohttp` and the `standardwebhooks` package, as many at once, with nothing kept and
                 nothing guarded

The receiver is a process of its own that only reads and answers. A share is the rate of one over the rate of the other;
1 would be as fast. `event to attempt` is for single events with nothing else going on: from before the ledger
takes an event until the receiver has all of its request, by the machine's monotonic clock.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import datetime as dt
import itertools
import pathlib
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

import aiohttp
import sqlalchemy as sa
import standardwebhooks
from aiohttp import web

import sip_config
from bench import figures
from callcore import calls, clock, contract, endings, events, ids
from dispatch import background, metrics, switchboard
from dispatch import main as main_of_dispatch
from dispatch.ledger import changes, ledger
from dispatch.store import deliveries, endpoints, engine, migrating, tables
from dispatch.webhooks import client, disabling, lanes, results, rounds, schedules, sending, service, slots, targets
from sip_config import configurations, loading, schema

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # opens nothing
DIALED = "+12015550100"
AGENT = "front-desk"
NOTES = 6  # of a call, beside four other events
EVENTS = NOTES + 4
WARM_UP = 5
APART_S = 0.05  # between two single events

_AT_ONCE = slots.PER_ENDPOINT


class Tell(changes.Aftermath):
    """After a commit, has the sender look, as dispatch does; nothing else of it is measured."""

    def __init__(self) -> None:
        self.wake: Callable[[], None] = lambda: None

    def follow(self, outcome: changes.Outcome) -> None:
        self.wake()

    def stir(self, call_id: str) -> None: ...


async def serve() -> None:
    """The receiver: every request is read whole and answered 200. GET tells when each message came."""
    came: dict[str, float] = {}

    async def take(request: web.Request) -> web.Response:
        await request.read()
        came.setdefault(request.headers["webhook-id"], time.monotonic())
        return web.Response()

    async def tell(_: web.Request) -> web.Response:
        return web.json_response(came)

    app = web.Application()
    app.router.add_post("/hook", take)
    app.router.add_get("/hook", tell)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", flush=True)
    await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[str]:
    words = (sys.executable, "-m", "bench.delivering", "--serve")
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
    finally:
        process.terminate()
        await process.wait()


def configuration(url: str) -> configurations.Configuration:
    base = loading.load(pathlib.Path(sip_config.__file__).parent / "demo", {})
    agent = base.agents[AGENT]
    wanted = schema.AgentWebhooks.model_validate({"status": {"url": url}})
    settings = agent.settings.model_copy(update={"webhooks": wanted})
    webhooks = schema.Webhooks.model_validate({"secrets": [SECRET], "allow": ["127.0.0.1"]})
    agents = {**base.agents, AGENT: dataclasses.replace(agent, settings=settings)}
    return dataclasses.replace(base, webhooks=webhooks, agents=agents)


def story(room: str) -> Iterator[contract.Record]:
    """A call in ten events."""
    yield contract.ArrivedRecord(
        intake=contract.CallIntake(
            room_name=room,
            direction=calls.Direction.INBOUND,
            caller="+12015550123",
            dialed=DIALED,
            trunk_id="ST_1",
            rule_id="SDR_1",
            sip_call_id=None,
            job_id="AJ_1",
            worker_id="AW_1",
            arrived_at=dt.datetime.now(dt.UTC),
        )
    )
    yield contract.RoutedRecord(agent_id=AGENT, agent_version="v1", decided_by="dispatch")
    yield contract.AnsweredRecord(ringing_ms=480)
    for _ in range(NOTES):
        yield contract.NotedRecord(type=events.EventType.INTERRUPTED)
    yield contract.EndedRecord(reason=endings.Reason.CALLER_HANGUP, ended_by=endings.EndedBy.CALLER, duration_s=12.5)


class Round:
    """A dispatch on a new store, as far as webhooks go."""

    def __init__(self, store: engine.Store, config: configurations.Configuration) -> None:
        timepiece = clock.SystemClock()
        board = switchboard.Switchboard(config, timepiece)
        after = Tell()
        self.store = store
        self._ledger = ledger.Ledger(store, timepiece, after, region=lambda: "US")
        self._client = client.Client(lambda: targets.allowed_of(board.configuration))
        rules = results.Rules(schedule=schedules.Schedule((0.0, 5.0)), patience=disabling.Patience())
        book = rounds.Rounds(store, board, timepiece, rules, name="bench", lease=dt.timedelta(seconds=40))
        sender = sending.Sender(board, self._client, timepiece, within_s=15.0)
        self._service = service.Deliveries(book, sender, metrics.Metrics(), timepiece)
        after.wake = self._service.wake
        self._lines = itertools.count(1)

    @contextlib.asynccontextmanager
    async def sending(self) -> AsyncIterator[asyncio.Task[None]]:
        """Deliver for the length of the block."""
        stop = background.Stop()
        task = asyncio.create_task(self._service.run(stop))
        yield task
        stop.set()
        self._service.wake()
        await task

    @property
    def is_busy(self) -> bool:
        return self._service.is_busy

    async def aclose(self) -> None:
        await self._service.aclose()
        await self._client.aclose()

    async def take(self, room: str, records: Sequence[contract.Record]) -> None:
        """Lines of a worker."""
        now = dt.datetime.now(dt.UTC)
        lines = tuple(
            contract.SpoolLine(line=next(self._lines), room_name=room, job_id="AJ_1", generation=1, at=now, record=one)
            for one in records
        )
        await self._ledger.take(contract.SpoolBatch(spool_id="spool_1", lines=lines))

    async def is_done(self, count: int) -> bool:
        query = sa.select(sa.func.count()).select_from(tables.deliveries)
        async with self.store.reading() as tx:
            return (await tx.execute(query.where(tables.deliveries.c.state == "delivered"))).scalar_one() == count

    async def enqueue(self, bodies: Sequence[tuple[str, str]], url: str) -> None:
        """Keep deliveries as they are once their events are handed out, ten in a lane."""
        now = dt.datetime.now(dt.UTC)
        made = [
            deliveries.Delivery(
                id=ids.new(ids.DELIVERY, now),
                message_id=message_id,
                kind=targets.Kind.STATUS,
                url=url,
                agent_id=AGENT,
                call_id=None,
                type="call.status",
                body=body,
                event_at=now,
                lane=f"bench:{number // EVENTS}",
                position=number % EVENTS,
                created_at=now,
                due_at=now,
            )
            for number, (message_id, body) in enumerate(bodies)
        ]
        async with self.store.writing() as tx:
            await endpoints.ensure(tx, [url])
            await deliveries.insert(tx, *lanes.queued(made, {}))

    async def bodies(self) -> list[tuple[str, str]]:
        async with self.store.reading() as tx:
            query = sa.select(tables.deliveries.c.message_id, tables.deliveries.c.body)
            return [(row.message_id, row.body) for row in await tx.execute(query)]


async def deliver(one: Round, count: int) -> float:
    """The seconds until all that waits is delivered."""
    began = time.perf_counter()
    async with one.sending() as task:
        while one.is_busy or not await one.is_done(count):
            if task.done():
                raise AssertionError("the sender has ended")
            await asyncio.sleep(0.002)
        return time.perf_counter() - began


async def bare(url: str, bodies: Sequence[tuple[str, str]]) -> float:
    """The seconds that a client needs which does nothing else."""
    hook = standardwebhooks.Webhook(SECRET)
    waiting = iter(bodies)

    async def post(http: aiohttp.ClientSession) -> None:
        for message_id, body in waiting:
            now = dt.datetime.now(dt.UTC)
            headers = {
                "webhook-id": message_id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": hook.sign(message_id, now, body),
                "Content-Type": "application/json",
            }
            async with http.post(url, data=body.encode(), headers=headers) as response:
                await response.read()
                assert response.status == 200

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_AT_ONCE)) as http:
        await asyncio.gather(*(post(http) for _ in range(WARM_UP)))
        waiting = iter(bodies)
        began = time.perf_counter()
        await asyncio.gather(*(post(http) for _ in range(_AT_ONCE)))
        return time.perf_counter() - began


async def latencies(one: Round, url: str, single: int) -> list[float]:
    """Seconds from an event to its request at the receiver, one by one."""
    began = {}
    async with one.sending():
        for number in range(single + WARM_UP):
            room = f"single_{number}"
            first, *_, last = list(story(room))
            await one.take(room, [first])
            began[room] = time.monotonic()
            await one.take(room, [last])  # known from now on whom it is for
            await asyncio.sleep(APART_S)
    async with one.store.reading() as tx:
        query = sa.select(tables.calls.c.room_name, tables.events.c.id).join(
            tables.events, tables.events.c.call_id == tables.calls.c.id
        )
        ids = {row.room_name: row.id for row in await tx.execute(query.where(tables.events.c.sequence == 1))}
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        came = await response.json()
    return [came[ids[room]] - at for room, at in list(began.items())[WARM_UP:]]


async def measure(
    folder: pathlib.Path, url: str, many: int, single: int, rng: random.Random
) -> tuple[dict[str, float], list[float]]:
    """Rates of one round, and what single events took."""
    store = engine.Store(f"sqlite+aiosqlite:///{folder / 'bench.db'}")
    await migrating.upgrade(store)
    one = Round(store, configuration(url))
    try:
        took = await latencies(one, url, single)
        done = len(await one.bodies())
        count = many * EVENTS
        kinds = ["events", "deliveries", "bare"]
        rng.shuffle(kinds)
        seconds: dict[str, float] = {}
        for kind in kinds:
            match kind:
                case "events":
                    for number in range(many):
                        await one.take(f"call_{number}", list(story(f"call_{number}")))
                    seconds[kind] = await deliver(one, done := done + count)
                case "deliveries":
                    await one.enqueue(_samples(await one.bodies(), count), url)
                    seconds[kind] = await deliver(one, done := done + count)
                case _:
                    seconds[kind] = await bare(url, _samples(await one.bodies(), count))
    finally:
        await one.aclose()
        await store.close()
    return {kind: count / spent for kind, spent in seconds.items()}, took


def _samples(bodies: Sequence[tuple[str, str]], count: int) -> list[tuple[str, str]]:
    """So many bodies of webhooks, each with an id of its own."""
    return [(f"bench_{number}", body) for number, (_, body) in zip(range(count), itertools.cycle(bodies))]


async def run(given: argparse.Namespace) -> dict[str, dict[str, float]]:
    """All figures."""
    rng = random.Random(given.seed)
    rates, took = [], []
    async with receiver() as url:
        for _ in range(given.rounds):
            with tempfile.TemporaryDirectory(dir=pathlib.Path.cwd(), prefix=".bench-") as folder:
                rate, singles = await measure(pathlib.Path(folder), url, given.calls, given.single, rng)
            rates.append(rate)
            took += singles
    return {
        **{f"{kind} per second": figures.spread([rate[kind] for rate in rates]) for kind in rates[0]},
        "deliveries' share of bare": figures.spread([rate["deliveries"] / rate["bare"] for rate in rates]),
        "events' share of bare": figures.spread([rate["events"] / rate["bare"] for rate in rates]),
        "event to attempt": figures.ms(took),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=150, help="in a round, of ten events each")
    parser.add_argument("--single", type=int, default=40, help="events in a round that come one by one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
    else:
        sys.setswitchinterval(main_of_dispatch.SWITCH_S)
        figures.show(asyncio.run(run(given)), as_json=given.json)


if __name__ == "__main__":
    main()

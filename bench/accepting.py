"""Accepting a call that is to be placed, beside bare commits on the same store.

    scripts/bench accepting [--rounds N] [--each N] [--seed N] [--json]

One accept is what `POST /v1/sessions/phone` does in the store: idempotency, a worker that takes calls, do-not-call,
calling hours, every default limit, and then the rows of contact, reservation, call, event, dial and answer, all in one
transaction that is on the disk (SQLite, WAL, synchronous=FULL) before the caller is told. Beside it, one by one and in
random order on the same file, through the same `Store.writing()`:

    one row    a transaction with a single small INSERT: the raw commit
    six rows   a transaction with as many INSERT as an accept has, of rows as large as its rows
    sqlite3    the single INSERT by the bare driver, without SQLAlchemy, asyncio and threads: the disk and SQLite alone

Each round has a new file. A share is the rate of accepts over the rate of the other; 1 would be as fast.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import pathlib
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable

import sqlalchemy as sa

from bench import figures
from callcore import clock, contract, ids
from dispatch import gate
from dispatch.dialing import accepting, claims, orders, roster
from dispatch.http import idempotency
from dispatch.ledger import changes, ledger
from dispatch.store import engine, migrating, workers
from lab import labs
from sip_config import configurations, loading, schema

NOON = dt.datetime(2026, 11, 18, 17, 0, tzinfo=dt.UTC)  # in New York
OURS = "+12015550100"
STEP_S = 10.0  # between two accepts: within every default limit
WARM_UP = 5
KEY = gate.Key(id="bench", limits=schema.Limits())

FILES = {
    "organization.yaml": "organization: {id: acme, name: Acme, time_zone: America/New_York}\n"
    "dialing: {max_duration: 2m}\n",
    "trunks.yaml": "trunks: {lab: {outbound: {address: '127.0.0.1:5080'}}}\n",
    "numbers.yaml": f"numbers: [{{e164: '{OURS}', trunk: lab, direction: outbound, agent: front-desk}}]\n",
}

ONE = sa.table("bench_one", sa.column("value", sa.Text))
SIX = sa.table("bench_six", sa.column("place", sa.Integer), sa.column("value", sa.Text))


class Nobody(changes.Aftermath):
    """Follows nothing: what comes after the commit is not measured."""

    def follow(self, outcome: changes.Outcome) -> None: ...

    def stir(self, call_id: str) -> None: ...


def configuration(folder: pathlib.Path) -> configurations.Configuration:
    """One number that places calls, and the default limits; the agent is the demo's."""
    shutil.copytree(labs.SAMPLE_SET / "agents", folder / "agents")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return loading.load(folder, {})


class Round:
    """A store with the things to be measured on it."""

    def __init__(self, store: engine.Store, config: configurations.Configuration, bare: sqlite3.Connection) -> None:
        self._store = store
        self._configuration = config
        self._bare = bare
        self._clock = clock.ManualClock(wall=NOON)
        book = ledger.Ledger(store, self._clock, Nobody(), region=lambda: "US")
        claimant = claims.Claimant(store, self._clock, "bench")
        self._accepting = accepting.Accepting(
            book=book,
            claimant=claimant,
            workers=roster.Roster(store, self._clock),
            timepiece=self._clock,
            hours=clock.ManualClock(wall=NOON),
        )
        self._count = 0
        self.kinds: dict[str, Callable[[], Awaitable[float]]] = {
            "accept": self._accept,
            "one row": self._one,
            "six rows": self._six,
            "sqlite3": self._plain,
        }

    async def prepare(self) -> None:
        async with self._store.writing() as tx:
            await tx.exec_driver_sql("CREATE TABLE bench_one (id INTEGER PRIMARY KEY, value TEXT)")
            await tx.exec_driver_sql("CREATE TABLE bench_six (id INTEGER PRIMARY KEY, place INTEGER, value TEXT)")

    async def _accept(self) -> float:
        self._clock.advance(STEP_S)
        async with self._store.writing() as tx:
            report = contract.WorkerReport(worker_id="w", version="1", calls=0, max_calls=10, accepting=True, rooms=())
            await workers.put(tx, report, self._clock.now())
        self._count += 1
        now = self._clock.now()
        call_id = ids.new(ids.CALL, now)
        number = self._configuration.numbers[OURS]
        wish = gate.Wish(
            to=f"+120155{self._count + 50200:05d}",
            number=number,
            kind=gate.Kind.CALL,
            key=KEY,
            call_id=call_id,
            minutes=2,
        )
        order = orders.Order(agent_id="front-desk", caller=OURS, variables={"name": "Sam"}, max_duration_s=120)
        wanted = accepting.Wanted(wish=wish, order=order, ringing_timeout_s=30, configuration=self._configuration)
        attempt = idempotency.Attempt(key_id=KEY.id, name=f"n{self._count}", fingerprint="0" * 64)
        gate.check(self._configuration, wish)  # as the request does, before it comes to the store
        began = time.perf_counter()
        accepted = await self._accepting.accept(wanted, attempt, '{"callId": "x"}' * 20, is_free=True)
        took = time.perf_counter() - began
        assert not accepted.is_replay
        async with self._store.writing() as tx:
            await gate.release(tx, call_id, now, minutes=0)
        return took

    async def _one(self) -> float:
        began = time.perf_counter()
        async with self._store.writing() as tx:
            await tx.execute(sa.insert(ONE), {"value": "x" * 40})
        return time.perf_counter() - began

    async def _six(self) -> float:
        began = time.perf_counter()
        async with self._store.writing() as tx:
            for place in range(6):
                await tx.execute(sa.insert(SIX), {"place": place, "value": "x" * 350})
        return time.perf_counter() - began

    async def _plain(self) -> float:
        began = time.perf_counter()
        self._bare.execute("BEGIN IMMEDIATE")
        self._bare.execute("INSERT INTO bench_one (value) VALUES (?)", ("x" * 40,))
        self._bare.execute("COMMIT")
        return time.perf_counter() - began


async def measure(folder: pathlib.Path, each: int, rng: random.Random) -> dict[str, list[float]]:
    """The seconds that each of everything took, in one round."""
    config = configuration(folder / "config")
    store = engine.Store(f"sqlite+aiosqlite:///{folder / 'bench.db'}")
    await migrating.upgrade(store)
    bare = sqlite3.connect(folder / "bench.db", isolation_level=None)
    bare.execute("PRAGMA synchronous=FULL")
    try:
        todo = Round(store, config, bare)
        await todo.prepare()
        for kind in list(todo.kinds) * WARM_UP:
            await todo.kinds[kind]()
        took: dict[str, list[float]] = {kind: [] for kind in todo.kinds}
        for _ in range(each):
            for kind in rng.sample(list(todo.kinds), len(todo.kinds)):
                took[kind].append(await todo.kinds[kind]())
    finally:
        bare.close()
        await store.close()
    return took


async def run(rounds: int, each: int, seed: int) -> dict[str, dict[str, float]]:
    """All figures."""
    rng = random.Random(seed)
    taken = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=pathlib.Path.cwd(), prefix=".bench-") as folder:
            taken.append(await measure(pathlib.Path(folder), each, rng))
    found = {kind: figures.ms([one for took in taken for one in took[kind]]) for kind in taken[0]}
    for other in ("one row", "six rows", "sqlite3"):
        shares = [sum(took[other]) / sum(took["accept"]) for took in taken]
        found[f"share of {other}"] = figures.spread(shares)
    found["accepts per second"] = figures.spread([each / sum(took["accept"]) for took in taken])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--each", type=int, default=60, help="of everything in a round; at most 300")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures.show(asyncio.run(run(given.rounds, min(given.each, 300), given.seed)), as_json=given.json)


if __name__ == "__main__":
    main()

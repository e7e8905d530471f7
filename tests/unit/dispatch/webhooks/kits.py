"""A sender of webhooks on a real store, with a clock that stands still and a receiver on loopback."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random

from callcore import clock, contract
from dispatch import metrics, switchboard
from dispatch.ledger import ledger
from dispatch.store import attempts, deliveries, endpoints, engine, outbox
from dispatch.webhooks import client, disabling, results, rounds, schedules, sending, service, targets
from lab import receiver
from sip_config import configurations, schema
from tests.unit.dispatch import doubles, samples

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AGENT = "front-desk"
SCHEDULE = (0.0, 5.0, 300.0, 1800.0)
LEASE = dt.timedelta(seconds=40)  # twice an attempt and more


def configured(
    base: configurations.Configuration, hooks: receiver.Receiver, **urls: str
) -> configurations.Configuration:
    """A configuration whose agent wants webhooks: by kind, where they go."""
    agent = base.agents[AGENT]
    wanted = schema.AgentWebhooks.model_validate({kind: {"url": url} for kind, url in urls.items()})
    settings = agent.settings.model_copy(update={"webhooks": wanted})
    webhooks = schema.Webhooks.model_validate({"secrets": [SECRET], "allow": [hooks.address]})
    return dataclasses.replace(
        base, webhooks=webhooks, agents={**base.agents, AGENT: dataclasses.replace(agent, settings=settings)}
    )


class Kit:
    """One process, as far as webhooks go."""

    def __init__(
        self,
        store: engine.Store,
        configuration: configurations.Configuration,
        timepiece: clock.ManualClock,
        name: str = "one",
        *,
        within_s: float = 10.0,
        patience: disabling.Patience | None = None,
    ) -> None:
        self.store = store
        self.clock = timepiece
        self.board = switchboard.Switchboard(configuration, timepiece)
        self.metrics = metrics.Metrics()
        self.aftermath = doubles.NoAftermath()
        self.ledger = ledger.Ledger(store, timepiece, self.aftermath, region=lambda: "US")
        self.client = client.Client(lambda: targets.allowed_of(self.board.configuration))
        rules = results.Rules(
            schedule=schedules.Schedule(SCHEDULE), patience=patience or disabling.Patience(), rng=random.Random(1)
        )
        lease = LEASE
        self.rounds = rounds.Rounds(store, self.board, timepiece, rules, name=name, lease=lease)
        self.sender = sending.Sender(self.board, self.client, timepiece, within_s=within_s)
        self.service = service.Deliveries(self.rounds, self.sender, self.metrics, timepiece)

    async def take(self, *records: contract.Record, room: str = samples.ROOM, first: int = 1) -> str:
        """Take a worker's lines, each call by a spool of its own; the call's id."""
        await self.ledger.take(samples.batch(records, first=first, room=room, spool=f"spool of {room}"))
        async with self.store.reading() as tx:
            rows = await tx.exec_driver_sql("SELECT id, room_name FROM calls")
            return str(next(row.id for row in rows if row.room_name == room))

    async def step(self) -> None:
        """Begin what is due now, and write what has ended."""
        self.service.wake()
        await self.service.step()

    async def go(self) -> None:
        """Send what is due now, and what becomes due by that."""
        await self.step()
        while self.service.is_busy:
            await self.service.settle()
            await self.step()

    async def rows(self, **wanted: str) -> tuple[deliveries.Delivery, ...]:
        """Deliveries in the order of their making and position."""
        async with self.store.reading() as tx:
            page = await deliveries.page(tx, deliveries.Filter(**wanted), limit=1000)  # type: ignore[arg-type]
        return tuple(sorted(page.deliveries, key=lambda one: (one.created_at, one.position)))

    async def states(self, **wanted: str) -> list[str]:
        return [one.state.value for one in await self.rows(**wanted)]

    async def attempts(self, delivery: deliveries.Delivery) -> tuple[attempts.Attempt, ...]:
        async with self.store.reading() as tx:
            return (await attempts.of_deliveries(tx, [delivery.id])).get(delivery.id, ())

    async def endpoint(self, url: str) -> endpoints.Endpoint:
        async with self.store.reading() as tx:
            (found,) = await endpoints.get_many(tx, [url])
        return found

    async def waits(self) -> bool:
        """Whether an event waits that could be told."""
        async with self.store.reading() as tx:
            return await outbox.has_ready(tx)

    async def count(self, table: str) -> int:
        async with self.store.reading() as tx:
            return int((await tx.exec_driver_sql(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608

    async def aclose(self) -> None:
        await self.service.aclose()
        await self.client.aclose()

"""A dispatch that only transfers, and the hands of a test in it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from callcore import calls, clock, contract, transfer_wishes, transfers
from dispatch import closing, metrics, switchboard, wakeups
from dispatch.ledger import aftermath, ledger
from dispatch.livekit import referring, rooms
from dispatch.store import calls as call_rows
from dispatch.store import engine
from dispatch.store import events as event_rows
from dispatch.store import transfers as rows
from dispatch.transfers import claims, means, records, service, summoning
from sip_config import configurations
from tests.unit.dispatch import dialers, doubles, samples

SOON_S = 30.0
FIRST, SECOND = "+12015550191", "+12015550192"
Seen = TypeVar("Seen")
RESULT, STATE, SEEN = transfers.AttemptResult, transfers.State, contract.Seen


def pending() -> asyncio.Future[referring.Referral]:
    """An answer that is not there yet."""
    return asyncio.get_running_loop().create_future()


@dataclasses.dataclass
class FakeReferring:
    """A carrier that says nothing until the test says what."""

    is_worth: bool = False
    asked: list[str] = dataclasses.field(default_factory=list)
    watched: int = 0
    answer: asyncio.Future[referring.Referral] = dataclasses.field(default_factory=pending)

    async def is_worth_trying(self, _: calls.Call, __: transfer_wishes.Destination) -> bool:
        return self.is_worth

    async def ask(
        self, _: transfers.Transfer, __: calls.Call, destination: transfer_wishes.Destination
    ) -> referring.Referral:
        self.asked.append(destination.to)
        return await asyncio.shield(self.answer)

    async def watch(self, _: calls.Call, *, rings_s: float = 0.0) -> referring.Referral:
        self.watched += 1
        return await asyncio.shield(self.answer)


@dataclasses.dataclass
class LookedAt(doubles.FakeRooms):
    """Rooms that know how often somebody asked who is in them."""

    looks: int = 0

    async def participants(self, room_name: str) -> tuple[rooms.Participant, ...]:
        self.looks += 1
        return await super().participants(room_name)


@dataclasses.dataclass
class FakeSummoner:
    """A job that comes, or none."""

    is_there: bool = True
    summoned: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)

    async def summon(self, room_name: str, job_id: str, notice: contract.TransferNotice) -> None:
        self.summoned.append((room_name, job_id, notice.transfer_id))
        if not self.is_there:
            raise summoning.NoAgentAnswers


class Desk:
    """A call in progress, and whoever may transfer it."""

    def __init__(
        self, store: engine.Store, configuration: configurations.Configuration, timepiece: clock.ManualClock
    ) -> None:
        self.store = store
        self.clock = timepiece
        self.livekit = LookedAt()
        self.dialer = dialers.FakeDialer(self.livekit)
        self.referring = FakeReferring()
        self.summoner = FakeSummoner()
        self.counters = metrics.Metrics()
        self.closer = closing.Closer(self.livekit, self.counters)
        hints = wakeups.Wakeups()
        after = aftermath.Consequences(self.counters, hints, self.closer, tell=lambda: None)
        self.ledger = ledger.Ledger(store, timepiece, after, region=lambda: "US")
        self.means = means.Means(
            store=store,
            ledger=self.ledger,
            records=records.Records(self.ledger, hints, timepiece),
            dialer=self.dialer,
            referring=self.referring,
            summoner=self.summoner,
            livekit=self.livekit,
            board=switchboard.Switchboard(configuration, timepiece),
            wakeups=hints,
            counters=self.counters,
            clock=timepiece,
        )
        self.transfers = self._service("one")
        self.call_id = ""

    async def open(self) -> None:
        """Let the call come into being, as its job tells of it, unless it is there already."""
        self.livekit.present[samples.ROOM] = [doubles.CALLER, doubles.AGENT]
        if not await self._finds():
            await self.deliver(*samples.whole_call()[:3])
            assert await self._finds()

    async def _finds(self) -> bool:
        async with self.store.reading() as tx:
            self.call_id = await call_rows.find_id(tx, samples.ROOM) or ""
        return bool(self.call_id)

    async def deliver(self, *lines: contract.Record, first: int = 1) -> None:
        await self.ledger.take(samples.batch(lines, first=first))

    async def crash(self) -> None:
        """The process dies in the midst of all, its leases run out, and another one takes up what there is."""
        await self.die()
        self.clock.advance(claims.LEASE.total_seconds())
        await self.transfers.take_up()

    async def die(self) -> None:
        """The process dies in the midst of all; another one is there, and nobody has taken anything up."""
        tasks = list(self.transfers._tasks.values())
        self.transfers._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.transfers = self._service("another")

    async def request(self, kind: transfers.Kind = transfers.Kind.WARM, **changes: Any) -> transfers.Transfer:
        """A transfer that an operator wants."""
        options = {
            "requested_by": transfer_wishes.Requester.API,
            "wish": wish(),
            **changes,
        }
        wanted, by = options.pop("wish"), options.pop("requested_by")
        return await self.transfers.request(self.call_id, kind, wanted, by, **options)

    async def row(self) -> transfers.Transfer:
        """The latest transfer."""
        async with self.store.reading() as tx:
            return (await rows.of_call(tx, self.call_id))[-1]

    async def comes_to(self, *states: transfers.State) -> transfers.Transfer:
        """The latest transfer, once it is there."""
        found = await self._until(self.row, lambda transfer: transfer.state in states)
        assert found.state in states
        return found

    async def rings(self, times: int = 1) -> str:
        """Identity of the leg of the so-manieth dial."""

        async def dialed() -> bool:
            return len(self.dialer.dials) >= times

        await until(dialed)
        return self.dialer.dials[times - 1].identity

    async def says(self, seen: contract.Seen, attempt: int | None = None, **changes: Any) -> transfers.Transfer:
        """The job tells what it saw."""
        transfer = await self.row()
        fact = {"job_id": "AJ_1", "generation": 1, "attempt": transfer.attempt, "seen": seen, "at": self.clock.now()}
        fact |= {"attempt": attempt} if attempt is not None else {}
        said = contract.TransferFact.model_validate(fact | changes)
        return await self.transfers.note(self.call_id, transfer.id, said)

    async def consulting(self, **changes: Any) -> transfers.Transfer:
        """A warm transfer whose first destination is being asked."""
        await self.request(**changes)
        await self.says(SEEN.HELD, 0)
        await self.rings()
        self.dialer.answer(RESULT.ANSWERED, 200)
        return await self.comes_to(STATE.CONSULTING)

    async def bridged(self, **changes: Any) -> transfers.Transfer:
        """A warm transfer, done."""
        await self.consulting(**changes)
        await self.says(SEEN.MERGED)
        return await self.comes_to(STATE.BRIDGED)

    async def is_over(self) -> calls.Call:
        """The call, once it has ended."""
        call = await self._until(self.call, lambda call: call.is_over)
        assert call.is_over
        return call

    async def call(self) -> calls.Call:
        async with self.store.reading() as tx:
            return (await call_rows.get(tx, self.call_id)).call

    async def told(self) -> list[str]:
        """What the call's events tell of transfers, without the prefix."""
        async with self.store.reading() as tx:
            events = await event_rows.of_call(tx, self.call_id)
        return [event.type.removeprefix("call.transfer.") for event in events if "transfer" in event.type]

    async def idle(self) -> None:
        """Nothing is in hand."""

        async def nothing() -> bool:
            return not self.transfers._tasks

        await until(nothing)

    async def gone(self, identity: str) -> None:
        """A leg was told to leave."""

        async def given_up() -> bool:
            return identity in self.dialer.given_up

        await until(given_up)

    def leaves(self, identity: str) -> None:
        """Somebody leaves the room, and LiveKit says so."""
        self.dialer.remove(samples.ROOM, identity)
        self.means.wakeups.notify(self.call_id)

    def other(self) -> service.Transfers:
        """Of another process that shares the store."""
        return self._service("other")

    async def _until(self, look: Callable[[], Awaitable[Seen]], is_enough: Callable[[Seen], bool]) -> Seen:
        return await self.means.wakeups.until(self.call_id, look, is_enough, every_s=0.1, within_s=SOON_S)

    def _service(self, name: str) -> service.Transfers:
        return service.Transfers(self.means, claims.Claimant(self.store, self.clock, name))


def wish(*to: str, **changes: Any) -> transfer_wishes.Wish:
    """To these destinations, one after the other."""
    destinations = tuple(transfer_wishes.Destination(to=each, ringing_timeout_s=20) for each in to or (FIRST,))
    return transfer_wishes.Wish(destinations=destinations, **changes)


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(SOON_S):
        while not await what():
            await asyncio.sleep(0.002)

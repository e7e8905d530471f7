"""Stand-ins for LiveKit behind dispatch's own ports."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

from callcore import contract
from dispatch.ledger import changes
from dispatch.livekit import rooms
from sip_config import apply, configurations, live

DIALED = "+12015550100"
TRUNK, RULE, CATCH_ALL_RULE = "ST_lab", "SDR_lab", "SDR_all"
LIVE = live.LiveObjects(
    numbers={DIALED: live.LiveNumber(trunk_id=TRUNK, rule_id=RULE)}, catch_all_rule_id=CATCH_ALL_RULE
)

CALLER = rooms.Participant(identity="sip_+12015550123", kind=rooms.Kind.SIP, attributes={"sip.trunkID": TRUNK})
AGENT = rooms.Participant(identity="agent-AJ_1", kind=rooms.Kind.AGENT, attributes={})
STRANGER = rooms.Participant(
    identity="sip_+12015550166", kind=rooms.Kind.SIP, attributes={contract.CATCH_ALL_ATTRIBUTE: "1"}
)


@dataclasses.dataclass
class FakeRooms:
    """Rooms in memory. While `is_out` is set, LiveKit does not answer."""

    present: dict[str, list[rooms.Participant]] = dataclasses.field(default_factory=dict)
    opened: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    """Rooms that were made, with the metadata for the job."""
    closed: list[str] = dataclasses.field(default_factory=list)
    refused: list[tuple[str, str, Mapping[str, str]]] = dataclasses.field(default_factory=list)
    failing: set[str] = dataclasses.field(default_factory=set)
    """Rooms in which nobody can be listed."""
    is_out: bool = False
    refuses_rpc: bool = False
    asked: list[tuple[str, str, str, str]] = dataclasses.field(default_factory=list)
    """By RPC, but for refusals: room, identity, method and payload. Everybody who is in the room answers."""

    async def ours(self) -> tuple[rooms.Room, ...]:
        self._answer()
        return tuple(rooms.Room(name=name, created_at=dt.datetime.now(dt.UTC)) for name in self.present)

    async def participants(self, room_name: str) -> tuple[rooms.Participant, ...]:
        self._answer()
        if room_name in self.failing:
            raise rooms.LiveKitUnavailable("LiveKit failed: internal")
        return tuple(self.present.get(room_name, ()))

    async def open(self, room_name: str, *, job_metadata: str) -> None:
        self._answer()
        self.opened.append((room_name, job_metadata))
        self.present[room_name] = []

    async def close(self, room_name: str) -> None:
        self._answer()
        self.closed.append(room_name)
        self.present.pop(room_name, None)

    async def refuse(self, room_name: str, identity: str, headers: Mapping[str, str]) -> None:
        self._answer()
        if self.refuses_rpc:
            raise rooms.LiveKitUnavailable("LiveKit failed: unavailable")
        self.refused.append((room_name, identity, headers))

    async def ask(self, room_name: str, identity: str, method: str, payload: str) -> str:
        self._answer()
        is_there = any(someone.identity == identity for someone in self.present.get(room_name, ()))
        if self.refuses_rpc or not is_there:
            raise rooms.LiveKitUnavailable("LiveKit failed: unavailable")
        self.asked.append((room_name, identity, method, payload))
        return "taken"

    def _answer(self) -> None:
        if self.is_out:
            raise rooms.LiveKitUnavailable("LiveKit failed: ClientConnectorError")


@dataclasses.dataclass
class FakeObjects:
    """Trunks and rules in memory."""

    is_out: bool = False
    are_missing: bool = True
    drifted: tuple[str, ...] = ()
    of_another: bool = False
    found: live.LiveObjects = LIVE
    done: list[str] = dataclasses.field(default_factory=list)
    """What was asked for, but for looks."""
    looks: int = 0

    async def look(self, configuration: configurations.Configuration) -> apply.Sight:
        self._answer()
        self.looks += 1
        gone = ("trunk/lab",) if self.are_missing else ()
        return apply.Sight(live=self.found, gone=gone, drifted=self.drifted, of_another=self.of_another)

    async def restore(self, configuration: configurations.Configuration) -> None:
        self._made("restore")

    async def apply(self, configuration: configurations.Configuration) -> None:
        self.drifted, self.of_another = (), False
        self._made("apply")

    def _made(self, name: str) -> None:
        self._answer()
        self.done.append(name)
        self.are_missing = False

    def _answer(self) -> None:
        if self.is_out:
            raise rooms.LiveKitUnavailable("LiveKit failed: ClientConnectorError")


@dataclasses.dataclass
class NoAftermath:
    """Only remembers what was committed."""

    followed: list[changes.Outcome] = dataclasses.field(default_factory=list)
    stirred: list[str] = dataclasses.field(default_factory=list)

    def follow(self, outcome: changes.Outcome) -> None:
        self.followed.append(outcome)

    def stir(self, call_id: str) -> None:
        self.stirred.append(call_id)

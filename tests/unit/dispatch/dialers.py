"""A stand-in for LiveKit's dialing, beside the rooms in memory."""

from __future__ import annotations

import asyncio
import dataclasses

from callcore import transfers
from dispatch.livekit import dialing, rooms
from tests.unit.dispatch import doubles

_SOON_S = 30.0  # for a background task that has nothing to wait for


@dataclasses.dataclass
class FakeDialer:
    """Phones that ring until the test says how they answer."""

    livekit: doubles.FakeRooms
    dials: list[dialing.Dial] = dataclasses.field(default_factory=list)
    given_up: list[str] = dataclasses.field(default_factory=list)
    """Identities of legs that were told to go."""
    _answers: dict[str, asyncio.Future[dialing.Answer]] = dataclasses.field(default_factory=dict)
    _dialed: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    async def dial(self, dial: dialing.Dial) -> dialing.Answer:
        answer = self._answers[dial.identity] = asyncio.get_running_loop().create_future()
        self.livekit.present.setdefault(dial.room_name, []).append(leg(dial.identity, "ringing"))
        self.dials.append(dial)
        self._dialed.set()
        return await asyncio.shield(answer)

    async def give_up(self, room_name: str, identity: str) -> None:
        self.given_up.append(identity)
        self.remove(room_name, identity)
        if identity in self._answers and not self._answers[identity].done():
            self._answers[identity].set_result(dialing.Answer(result=transfers.AttemptResult.NO_ANSWER))

    async def ringing(self) -> dialing.Dial:
        """The dial, as soon as there is one."""
        async with asyncio.timeout(_SOON_S):
            await self._dialed.wait()
        return self.dials[-1]

    def answer(self, result: transfers.AttemptResult, code: int | None = None, *, is_early: bool = False) -> None:
        """The phone that rings is picked up, or is not."""
        dial = self.dials[-1]
        self.remove(dial.room_name, dial.identity)
        if result is transfers.AttemptResult.ANSWERED:
            self.livekit.present.setdefault(dial.room_name, []).append(leg(dial.identity, "active"))
        answer = dialing.Answer(result=result, sip_status_code=code, is_early=is_early)
        self._answers[dial.identity].set_result(answer)

    def remove(self, room_name: str, identity: str) -> None:
        """The leg goes."""
        left = [someone for someone in self.livekit.present.get(room_name, []) if someone.identity != identity]
        if room_name in self.livekit.present:
            self.livekit.present[room_name] = left


def leg(identity: str, status: str) -> rooms.Participant:
    """A leg that dispatch dialed."""
    attributes = {transfers.LEG_ATTRIBUTE: identity.rsplit("_", 1)[0], "sip.callStatus": status}
    return rooms.Participant(identity=identity, kind=rooms.Kind.SIP, attributes=attributes)

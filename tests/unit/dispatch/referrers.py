"""A stand-in for LiveKit's REFER."""

from __future__ import annotations

import asyncio
import dataclasses

from dispatch.livekit import referring

_SOON_S = 30.0  # for a background task that has nothing to wait for


@dataclasses.dataclass
class FakeReferrer:
    """Carriers that say nothing until the test says what."""

    refers: list[referring.Refer] = dataclasses.field(default_factory=list)
    _answers: list[asyncio.Future[referring.Referral]] = dataclasses.field(default_factory=list)
    _asked: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    async def refer(self, refer: referring.Refer) -> referring.Referral:
        answer: asyncio.Future[referring.Referral] = asyncio.get_running_loop().create_future()
        self.refers.append(refer)
        self._answers.append(answer)
        self._asked.set()
        return await answer

    async def asked(self) -> referring.Refer:
        """The REFER, as soon as there is one."""
        async with asyncio.timeout(_SOON_S):
            await self._asked.wait()
        return self.refers[-1]

    def answer(self, referral: referring.Referral) -> None:
        """The carrier that was asked last says this. Whether the caller's leg leaves is the test's affair."""
        self._answers[-1].set_result(referral)
        self._asked.clear()

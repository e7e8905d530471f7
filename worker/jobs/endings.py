"""How a call in progress comes to its end: the first cause wins, and all roads lead through here."""

from __future__ import annotations

import asyncio

from callcore import endings


class Ending:
    """The end of one call, decided once."""

    def __init__(self) -> None:
        self._decided: asyncio.Future[endings.Termination] = asyncio.get_running_loop().create_future()

    def decide(
        self,
        reason: endings.Reason,
        ended_by: endings.EndedBy,
        *,
        sip_status_code: int | None = None,
        sip_status: str | None = None,
    ) -> None:
        """End the call for this reason, unless something else has ended it already."""
        if not self._decided.done():
            self._decided.set_result(
                endings.Termination(
                    reason=reason, ended_by=ended_by, sip_status_code=sip_status_code, sip_status=sip_status
                )
            )

    @property
    def is_decided(self) -> bool:
        return self._decided.done()

    async def wait(self) -> endings.Termination:
        """How the call ended, once it has."""
        return await asyncio.shield(self._decided)

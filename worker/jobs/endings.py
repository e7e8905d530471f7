"""How a call in progress comes to its end: the first cause wins, and all roads lead through here."""

from __future__ import annotations

import asyncio

from callcore import endings, transfers


class Ending:
    """The end of one call, decided once."""

    def __init__(self) -> None:
        self._decided: asyncio.Future[endings.Termination] = asyncio.get_running_loop().create_future()
        self._is_bridged = False
        self._parted = asyncio.Event()
        self._parted.set()
        self._has_message = False

    def note_bridged(self) -> None:
        """The caller talks with somebody else now: a caller who hangs up from now on was transferred.

        So was one whose carrier was asked to take them over.
        """
        self._is_bridged = True
        self._parted.clear()

    def note_parted(self) -> None:
        """The caller is with us again: nobody else has taken them."""
        self._is_bridged = False
        self._parted.set()

    def note_message(self) -> None:
        """The caller has left a message: a caller who hangs up from now on has done what they called for."""
        self._has_message = True

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
                    reason=self._seen_whole(reason),
                    ended_by=ended_by,
                    sip_status_code=sip_status_code,
                    sip_status=sip_status,
                )
            )

    def _seen_whole(self, reason: endings.Reason) -> endings.Reason:
        if self._has_message and reason is endings.Reason.CALLER_HANGUP:
            return endings.Reason.VOICEMAIL
        return transfers.reason_of_end(reason, is_bridged=self._is_bridged)

    @property
    def is_decided(self) -> bool:
        return self._decided.done()

    @property
    def is_bridged_on(self) -> bool:
        """The caller talks with somebody else, and goes on doing so."""
        return self._is_bridged and not self.is_decided

    async def parted(self) -> None:
        """Wait until the caller is with us."""
        await self._parted.wait()

    async def wait(self) -> endings.Termination:
        """How the call ended, once it has."""
        return await asyncio.shield(self._decided)

"""What whoever carries a transfer out sees of it: the row, the call, and who is in the room."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Awaitable, Callable

import structlog

from callcore import calls, transfers
from dispatch.livekit import dialing, rooms
from dispatch.store import calls as call_rows
from dispatch.store import transfers as rows
from dispatch.transfers import means

_log = structlog.get_logger(__name__)

_LOOK_S = 1.0  # at the store and the room, for what nobody tells us: hints come at once


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sight:
    """A transfer at one moment."""

    transfer: transfers.Transfer
    entry: call_rows.Entry
    present: tuple[rooms.Participant, ...] | None = None
    """Who is in the room; None where nobody looked, or LiveKit is out."""

    @property
    def is_pointless(self) -> bool:
        """There is nobody to connect: the call is over, or is to be, or the caller has left."""
        if self.entry.call.is_over or self.entry.hangup_requested_at is not None:
            return True
        has_left = self.entry.leg_left_at is not None  # and may be back: LiveKit was started again
        return has_left and self.present is not None and not rooms.has_caller(self.present)

    def goes_on(self, known: transfers.Transfer) -> bool:
        """Whether the latest attempt, as it was known, is still in the same state."""
        now = self.transfer
        return now.attempt == known.attempt and now.state is known.state and now.is_attempting == known.is_attempting

    @property
    def stage(self) -> dialing.Stage | None:
        """Of the dialed leg; None where it is not there. Only with `present`."""
        for someone in self.present or ():
            if someone.identity == self.transfer.identity:
                return dialing.stage_of(someone)
        return None


class Eyes:
    """Looks at transfers."""

    def __init__(self, parts: means.Means) -> None:
        self._means = parts

    async def look(self, known: transfers.Transfer, *, into_room: bool = False) -> Sight:
        """The transfer now.

        Args:
            known: which one.
            into_room: say who is in it, if LiveKit does.

        Raises:
            StoreUnavailable: nothing can be seen.
        """
        async with self._means.store.reading() as tx:
            transfer = await rows.get(tx, known.call_id, known.id)
            entry = await call_rows.get(tx, known.call_id)
        is_unsure = entry.leg_left_at is not None and not entry.call.is_over
        present = await self.room(entry.call) if into_room or is_unsure else None
        return Sight(transfer=transfer, entry=entry, present=present)

    async def room(self, call: calls.Call) -> tuple[rooms.Participant, ...] | None:
        """Who is in the room of a call; None while LiveKit is out."""
        try:
            return await self._means.livekit.participants(call.room_name)
        except rooms.LiveKitUnavailable as error:
            _log.warning("a transfer cannot be looked at", call_id=call.id, error=error.message)
            return None

    async def until(
        self,
        known: transfers.Transfer,
        is_enough: Callable[[Sight], bool],
        *,
        into_room: bool = False,
        within_s: float = math.inf,
    ) -> Sight:
        """What is seen once it is enough, or when the time is up.

        Raises:
            StoreUnavailable: nothing can be seen.
        """

        def look() -> Awaitable[Sight]:
            return self.look(known, into_room=into_room)

        return await self._means.wakeups.until(known.call_id, look, is_enough, every_s=_LOOK_S, within_s=within_s)

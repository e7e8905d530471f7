"""Dialed legs that come when nobody wants them any more: their dial was given up before LiveKit had made them."""

from __future__ import annotations

import structlog
from sqlalchemy.ext import asyncio as sa_async

from callcore import transfers
from dispatch.livekit import dialing, rooms
from dispatch.store import engine
from dispatch.store import transfers as rows

_log = structlog.get_logger(__name__)


class Strays:
    """Has them hung up."""

    def __init__(self, store: engine.Store, dialer: dialing.Dialer) -> None:
        self._store = store
        self._dialer = dialer

    async def receive(self, call_id: str, room_name: str, leg: rooms.Participant) -> None:
        """Hang up on a leg that has just joined a call's room, unless it is the one that its transfer waits for."""
        async with self._store.reading() as tx:
            is_wanted = await _is_wanted(tx, call_id, leg)
        if is_wanted:
            return
        _log.warning("a phone is hung up that rang for nobody", call_id=call_id)
        try:
            await self._dialer.give_up(room_name, leg.identity)
        except rooms.LiveKitUnavailable as error:
            _log.warning("a phone could not be hung up", call_id=call_id, error=error.message)


async def _is_wanted(tx: sa_async.AsyncConnection, call_id: str, leg: rooms.Participant) -> bool:
    try:
        transfer = await rows.get(tx, call_id, leg.attributes[transfers.LEG_ATTRIBUTE])
    except rows.NoSuchTransfer:
        return False
    is_up = transfer.is_attempting or transfer.state is transfers.State.BRIDGED
    return is_up and transfer.identity == leg.identity

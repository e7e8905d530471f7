"""A call whose two sides hear each other without its job: dispatch's, from the moment that it knows of it.

Until then the job stays, and ends the call when one side leaves. So it is somebody's at any moment, and goes on
whether dispatch or the worker is gone.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Coroutine

from livekit import rtc

from callcore import endings, transfer_wishes
from worker.jobs import endings as job_endings
from worker.jobs import lines
from worker.jobs.transfers import racing
from worker.spool import client as spool_client

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What a job needs to leave a call whose two sides hear each other."""

    room: rtc.Room
    ending: job_endings.Ending
    reports: spool_client.SpoolClient
    step_out: Callable[[], None]
    """Leaves the call to dispatch."""


def note(parts: Parts) -> None:
    """They hear each other, and dispatch finds out by itself: should this process die, they talk on."""
    parts.ending.note_bridged()
    parts.reports.leave()
    _log.info("caller and destination are connected")


async def hand_over(parts: Parts, leg: rtc.RemoteParticipant, acknowledged: Coroutine[None, None, object]) -> None:
    """Stay until dispatch knows, or one side leaves; the ending is decided then, or the call is dispatch's.

    Args:
        parts: of the call.
        leg: the destination's.
        acknowledged: returns when dispatch knows that they hear each other.

    Raises:
        Exception: what `acknowledged` raised.
    """
    ending = parts.ending
    _stop_listening(parts.room)
    async with racing.together(lines.caller_left(parts.room, leg), ending.wait(), acknowledged) as tasks:
        leaving, over, known = tasks
        await asyncio.wait(tasks, timeout=transfer_wishes.LONGEST_S, return_when=asyncio.FIRST_COMPLETED)
        if over.done():
            return
        if leaving.done():
            hung_up = leaving.result()
            reason = endings.Reason.TRANSFERRED if hung_up else endings.Reason.PLATFORM_LOST
            ending.decide(reason, endings.EndedBy.CALLEE if hung_up else endings.EndedBy.SYSTEM)
        elif known.done():
            known.result()
            parts.step_out()
        else:
            ending.decide(endings.Reason.MAX_DURATION, endings.EndedBy.SYSTEM)


def _stop_listening(room: rtc.Room) -> None:
    """Leave the two alone: what they say need not be decoded here."""
    for participant in room.remote_participants.values():
        for publication in participant.track_publications.values():
            publication.set_subscribed(False)

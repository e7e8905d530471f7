"""What placing calls needs."""

from __future__ import annotations

import dataclasses

from callcore import clock
from dispatch import closing, metrics, switchboard, wakeups
from dispatch.access import keyring
from dispatch.dialing import records, roster, words
from dispatch.livekit import dialing, rooms
from dispatch.store import engine
from dispatch.webhooks.pre_call import asking


@dataclasses.dataclass(frozen=True, kw_only=True)
class Means:
    """All of it."""

    store: engine.Store
    records: records.Records
    roster: roster.Roster
    words: words.Words
    keyring: keyring.Keyring
    dialer: dialing.Dialer
    livekit: rooms.Rooms
    closer: closing.Closer
    board: switchboard.Switchboard
    wakeups: wakeups.Wakeups
    counters: metrics.Metrics
    asker: asking.Asker
    """Of the pre-call webhook."""
    hours: clock.Clock
    """Tells the hours in which people may be called."""
    clock: clock.Clock

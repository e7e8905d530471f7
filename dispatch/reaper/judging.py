"""Ends calls whose end nobody reports."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import structlog
from sqlalchemy.ext import asyncio as sa_async

from callcore import clock, transfers, transitions
from dispatch import fleet, metrics
from dispatch.ledger import ledger
from dispatch.livekit import rooms
from dispatch.reaper import spreading, verdicts, watching
from dispatch.store import calls as call_rows
from dispatch.store import dials as dial_rows
from dispatch.store import engine, workers
from dispatch.store import transfers as transfer_rows

_log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Suspicion:
    """A call that has been out of step for too long."""

    entry: call_rows.Entry
    seen: verdicts.Sighting
    symptom: verdicts.Symptom
    age_s: float


class Judge:
    """Looks at the ledger's live calls."""

    def __init__(
        self,
        *,
        store: engine.Store,
        book: ledger.Ledger,
        livekit: rooms.Rooms,
        counters: metrics.Metrics,
        timepiece: clock.Clock,
    ) -> None:
        self._store = store
        self._ledger = book
        self._livekit = livekit
        self._metrics = counters
        self._clock = timepiece
        self._watch: watching.Watch | None = None

    async def round(self) -> None:
        """Look at every live call once and end those that must be over.

        Raises:
            Unavailable: LiveKit or the store does not answer.
        """
        # A round that sees nothing leaves no watch behind: what was wrong before an outage is given its time again.
        watch, self._watch = watching.Watch(self._watch), None
        names = frozenset(room.name for room in await self._livekit.ours())
        async with self._store.reading() as tx:
            alive = await fleet.fresh_in(tx, self._clock)
            live = await call_rows.live(tx)
            carried_out = await transfer_rows.in_hands(tx)
            dialers = await dial_rows.open_calls(tx)
        self._watch = watch
        suspicions = []
        for entry in live:
            if entry.call.id in dialers:
                continue  # whoever dials sees to its end, also after a crash
            seen = _sighting(entry, has_room=entry.call.room_name in names, alive=alive, carried_out=carried_out)
            symptom = verdicts.symptom(seen)
            if symptom is None:
                continue
            age_s = watch.age_s((entry.call.id, symptom), self._clock.monotonic())
            if age_s >= verdicts.grace_s(seen):
                suspicions.append(Suspicion(entry=entry, seen=seen, symptom=symptom, age_s=age_s))
        await spreading.over(suspicions, self._settle, self._metrics)

    async def _settle(self, suspicion: Suspicion) -> None:
        if suspicion.symptom in verdicts.SEEN_IN_ROOM and await self._is_refuted(suspicion):
            return

        async def conclude(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> transitions.Ended | None:
            seen = _sighting(
                entry,
                has_room=suspicion.seen.has_room,
                alive=await fleet.fresh_in(tx, self._clock),
                carried_out=await transfer_rows.in_hands(tx),
            )
            return self._conclude(suspicion, seen)

        call_id = suspicion.entry.call.id
        if await self._ledger.infer_end(call_id, conclude):
            self._metrics.reaper_actions.labels(action=suspicion.symptom.value).inc()
            _log.warning("a call ends without its worker's report", call_id=call_id, symptom=suspicion.symptom.value)

    async def _is_refuted(self, suspicion: Suspicion) -> bool:
        """Whether the room itself tells otherwise: a worker that we cannot hear may well be in it."""
        present = await self._livekit.participants(suspicion.entry.call.room_name)
        refuted = verdicts.is_refuted(suspicion.symptom, present)
        if refuted and suspicion.symptom is verdicts.Symptom.LEG_LEFT:
            await self._ledger.note_leg_present(suspicion.entry.call.room_name)
        return refuted

    def _conclude(self, suspicion: Suspicion, seen: verdicts.Sighting) -> transitions.Ended | None:
        if verdicts.symptom(seen) is not suspicion.symptom or suspicion.age_s < verdicts.grace_s(seen):
            return None
        entry = seen.entry
        at = entry.hangup_requested_at or entry.leg_left_at or self._clock.now()
        return transitions.Ended(at=at, termination=verdicts.termination(seen))


def _sighting(
    entry: call_rows.Entry,
    *,
    has_room: bool,
    alive: tuple[workers.Worker, ...],
    carried_out: Mapping[str, transfers.Transfer],
) -> verdicts.Sighting:
    return verdicts.Sighting(
        entry=entry,
        has_room=has_room,
        is_claimed=any(entry.call.room_name in worker.report.rooms for worker in alive),
        has_worker=any(entry.holder.worker_id == worker.report.worker_id for worker in alive),
        transfer=carried_out.get(entry.call.id),
    )

"""The wall between a caller on hold and the phone that is dialed into the same room.

    the caller        is muted by the server, so that nobody hears them, and their digits reach nobody
    a dialed leg      is taken from the caller the moment that it publishes a track, before it is picked up
    the agent         has a track for each of the two, and neither may take the other's

Taking the caller from the dialed leg instead does not hold: livekit-sip subscribes to every track when it is answered.
The digits of the dialed leg cannot be kept from the caller as long as the agent is to get them: LiveKit sends them to
everybody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

from livekit import rtc

from callcore import errors, transfers
from worker.jobs.transfers import controls, legs

_log = logging.getLogger(__name__)

_TRACK_S = 1.0  # for a caller's track to be there; it is, once the call is answered
_AGAIN_S = 0.5  # between two tries to take a caller off hold
_TAKE_S = (0.05, 0.2, 0.5)
"""After a leg was allowed to take a track. The server looks at permissions when it is told to subscribe, and else every
3 s; and it learns of the permission on another way."""


class Partition:
    """One call's. It does nothing before `hold`; each of its deeds may be done twice.

    While it holds, it is kept up whatever the legs publish; `broken` tells when it could not be.
    """

    def __init__(self, room: rtc.Room, caller: str, switches: controls.Controls, *, with_keys: bool) -> None:
        """Nothing is held yet; whoever makes it closes it.

        Args:
            room: the call's.
            caller: identity of the caller's leg.
            switches: of that room.
            with_keys: whether the dialed legs' digits may pass, to the agent and so to the caller.
        """
        self._room = room
        self._caller = caller
        self._controls = switches
        self._with_keys = with_keys
        self._is_held = False
        self._tracks: dict[str, set[str]] = {}
        """By identity: the tracks of ours that this leg may take."""
        self._broken = asyncio.Event()
        self._upkeep: set[asyncio.Task[None]] = set()
        self._hints: set[asyncio.Task[None]] = set()
        self._freeing: asyncio.Task[None] | None = None
        room.on("track_published", self._on_published)
        room.on("track_unmuted", self._on_unmuted)
        room.on("participant_connected", self._on_connected)
        room.on("reconnected", self._on_reconnected)

    @property
    def is_held(self) -> bool:
        """The caller is on hold."""
        return self._is_held

    async def hold(self) -> None:
        """Let nobody hear the caller, and keep every leg that is dialed for a transfer from them.

        Raises:
            ControlFailed: the caller is not on hold; `lift` has been tried.
        """
        await self._stop_freeing()
        self._broken.clear()
        self._is_held = True
        for leg in legs.dialed(self._room):
            self._keep_from_caller(leg)
        try:
            await _all(*[self._mute(sid) for sid in await self._caller_tracks()], self._allow_data(allowed=False))
        except errors.Unavailable:
            await self.lift()
            raise

    def restrict(self, own_tracks: set[str]) -> None:
        """Let the caller take these tracks of ours, and nobody take any other."""
        self._tracks = {self._caller: own_tracks}
        self._permit()

    def lets_hear(self, identity: str, track_sid: str) -> None:
        """Let a dialed leg, and nobody else, take this track of ours."""
        self._tracks.setdefault(identity, set()).add(track_sid)
        self._permit()
        _own(self._take(identity, track_sid), self._hints)

    async def kept_up(self) -> None:
        """Wait until what is under way to keep them apart is done, so that nothing of it comes after what follows."""
        if self._upkeep:
            await asyncio.wait(self._upkeep)

    async def broken(self) -> None:
        """Wait until the wall has a hole: somebody may be heard who must not be."""
        await self._broken.wait()

    async def merge(self, identity: str) -> None:
        """Let the caller and this leg hear each other; takes some 10 ms.

        Raises:
            ControlFailed: perhaps one of them hears the other.
        """
        self._is_held = False
        await self.kept_up()
        its_tracks = self._audio_of(identity)
        deeds = [self._controls.mute(self._caller, sid, False) for sid in self._audio_of(self._caller)]
        if its_tracks:
            deeds.append(self._controls.subscribe(self._caller, its_tracks, True))
        if not self._with_keys:
            deeds.append(self._controls.allow_data(identity, True))
        await _all(*deeds, self._allow_data(allowed=True))

    async def lift(self) -> None:
        """Give the caller back to the agent: everybody may hear them, and they may hear every track of ours.

        Where livekit-server does not do it in 2 s, this goes on trying and does not wait for it.
        """
        self._is_held = False
        await self._stop_freeing()
        await self.kept_up()
        self._tracks = {}
        self._permit()
        try:
            await self._free()
        except errors.Unavailable as error:
            _log.error("a caller could not be taken off hold", extra={"error_class": error.message})
            self._freeing = asyncio.create_task(self._free_in_the_end())

    async def aclose(self) -> None:
        """Keep nothing up any more."""
        self._room.off("track_published", self._on_published)
        self._room.off("track_unmuted", self._on_unmuted)
        self._room.off("participant_connected", self._on_connected)
        self._room.off("reconnected", self._on_reconnected)
        await self._stop_freeing()
        under_way = self._upkeep | self._hints
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _free(self) -> None:
        await _all(
            *[self._controls.mute(self._caller, sid, False) for sid in self._audio_of(self._caller)],
            self._allow_data(allowed=True),
        )

    async def _free_in_the_end(self) -> None:
        while True:
            await asyncio.sleep(_AGAIN_S)
            try:
                return await self._free()
            except errors.Unavailable:
                continue

    async def _stop_freeing(self) -> None:
        if self._freeing is not None:
            self._freeing.cancel()
            await asyncio.gather(self._freeing, return_exceptions=True)
            self._freeing = None

    async def _caller_tracks(self) -> list[str]:
        try:
            async with asyncio.timeout(_TRACK_S):
                return await legs.until(self._room, lambda: self._audio_of(self._caller) or None)
        except TimeoutError:
            raise controls.ControlFailed("the caller has no track") from None

    async def _mute(self, track_sid: str) -> None:
        try:
            await self._controls.mute(self._caller, track_sid, True)
        except errors.Unavailable:
            if track_sid in self._audio_of(self._caller):
                raise

    async def _allow_data(self, *, allowed: bool) -> None:
        await self._controls.allow_data(self._caller, allowed)

    async def _take(self, identity: str, track_sid: str) -> None:
        for pause_s in _TAKE_S:
            await asyncio.sleep(pause_s)
            if identity not in self._room.remote_participants:
                continue
            try:
                await self._controls.subscribe(identity, [track_sid], True)
            except errors.Unavailable as error:
                _log.warning("a leg was not told of a track", extra={"error_class": error.message})

    def _permit(self) -> None:
        self._room.local_participant.set_track_subscription_permissions(
            allow_all_participants=not self._tracks,
            participant_permissions=[
                rtc.ParticipantTrackPermission(
                    participant_identity=identity, allow_all=False, allowed_track_sids=sorted(sids)
                )
                for identity, sids in self._tracks.items()
            ],
        )

    def _audio_of(self, identity: str) -> list[str]:
        leg = self._room.remote_participants.get(identity)
        if leg is None:
            return []
        return [
            publication.sid
            for publication in leg.track_publications.values()
            if publication.kind == rtc.TrackKind.KIND_AUDIO
        ]

    def _on_published(self, publication: rtc.RemoteTrackPublication, leg: rtc.RemoteParticipant) -> None:
        if not self._is_held:
            return
        if transfers.LEG_ATTRIBUTE in leg.attributes:
            self._keep_up(self._controls.subscribe(self._caller, [publication.sid], False))
        elif leg.identity == self._caller and publication.kind == rtc.TrackKind.KIND_AUDIO:
            self._keep_up(self._mute(publication.sid))

    def _on_unmuted(self, leg: rtc.Participant, publication: rtc.TrackPublication) -> None:
        if leg.identity == self._caller and self._is_held:
            self._keep_up(self._mute(publication.sid))

    def _on_connected(self, leg: rtc.RemoteParticipant) -> None:
        if not self._is_held:
            return
        if transfers.LEG_ATTRIBUTE in leg.attributes:
            self._keep_from_caller(leg)
        elif leg.identity == self._caller:
            self._hold_again()

    def _on_reconnected(self, *_: object) -> None:
        self._permit()
        if self._is_held:
            self._hold_again()
            for leg in legs.dialed(self._room):
                self._keep_from_caller(leg)

    def _hold_again(self) -> None:
        self._keep_up(self._allow_data(allowed=False))
        for sid in self._audio_of(self._caller):
            self._keep_up(self._mute(sid))

    def _keep_from_caller(self, leg: rtc.RemoteParticipant) -> None:
        if its_tracks := self._audio_of(leg.identity):
            self._keep_up(self._controls.subscribe(self._caller, its_tracks, False))
        if not self._with_keys:
            self._keep_up(self._controls.allow_data(leg.identity, False))

    def _keep_up(self, deed: Coroutine[None, None, None]) -> None:
        _own(self._kept_up(deed), self._upkeep)

    async def _kept_up(self, deed: Coroutine[None, None, None]) -> None:
        try:
            await deed
        except errors.Unavailable as error:
            _log.error("caller and destination could not be kept apart", extra={"error_class": error.message})
            self._broken.set()


def _own(work: Coroutine[None, None, None], tasks: set[asyncio.Task[None]]) -> None:
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def _all(*deeds: Coroutine[None, None, None]) -> None:
    """Do these side by side; where one fails, the others are done all the same.

    Raises:
        ControlFailed: of the first that failed.
    """
    for outcome in await asyncio.gather(*deeds, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome

"""A colleague who is asked, and the session that asks them, without LiveKit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import rtc
from livekit.agents import llm
from livekit.agents.types import NOT_GIVEN
from livekit.agents.voice import events, io, room_io

from callcore import contract, errors, transfer_wishes, transfers
from tests.unit.worker import bridges, reports, samples
from worker.jobs import sessions
from worker.jobs.consulting import consultations, minds
from worker.providers import registry

LEG, SID = "human-1", "TR_1"


class Room(bridges.Bridge):
    """Stands in for the room: takes tracks, and tells of keys."""

    def __init__(self) -> None:
        super().__init__()
        self.events: rtc.EventEmitter[str] = rtc.EventEmitter()
        self.on, self.off = self.events.on, self.events.off
        self.unpublished: list[str] = []
        self.subscribed.set()

    async def publish_track(self, track: str, options: rtc.TrackPublishOptions) -> bridges.Bridge:
        published = await super().publish_track(track, options)
        self.name = track
        self.events.emit("local_track_published", self, track)
        return published

    async def unpublish_track(self, sid: str) -> None:
        self.unpublished.append(sid)

    def isconnected(self) -> bool:
        return True

    def press(self, key: str, identity: str = LEG) -> None:
        who: Any = Leg(identity)
        self.events.emit("sip_dtmf_received", rtc.SipDTMF(code=0, digit=key, participant=who))


class Leg:
    """Stands in for a participant."""

    def __init__(self, identity: str = LEG) -> None:
        self.identity = identity


class Speech:
    """Stands in for something that is being said."""

    async def wait_for_playout(self) -> None:
        pass


class Session(rtc.EventEmitter[str]):
    """Stands in for a livekit session, whose model speaks unless it is `mute`."""

    def __init__(self) -> None:
        super().__init__()
        nothing: Any = lambda *_: None  # noqa: E731
        self.input, self.output = io.AgentInput(nothing, nothing), io.AgentOutput(nothing, nothing, nothing)
        self.history = llm.ChatContext.empty()
        self.done: list[str] = []
        self.heard: list[str] = []
        self.options: room_io.RoomOptions | None = None
        self.mute = False
        self.room_io = self
        self._speaking: set[asyncio.Task[None]] = set()

    async def start(self, agent: Any, *, room: Any, room_options: room_io.RoomOptions, **settings: bool) -> None:
        assert settings == {"session_host": False, "record": False}
        self.options = room_options
        self.done.append("start")

    def set_participant(self, identity: str) -> None:
        self.heard.append(identity)

    def clear_user_turn(self) -> None:
        self.done.append("clear")

    def interrupt(self, *, force: bool) -> None:
        self.done.append("interrupt")

    def generate_reply(self, *, instructions: str) -> Speech:
        self.done.append(f"reply: {instructions}")
        if not self.mute and self.output.audio is not None:
            frame = rtc.AudioFrame(b"\0" * 960, 24_000, 1, 480)
            self._speaking.add(asyncio.create_task(self.output.audio.capture_frame(frame)))
        return Speech()

    def say(self, text: str, *, allow_interruptions: Any = NOT_GIVEN) -> Speech:
        self.done.append(f"say: {text}")
        return Speech()

    async def aclose(self) -> None:
        await asyncio.gather(*self._speaking)
        self.done.append("close")

    def speaks(self, *, begins: bool) -> None:
        """The colleague begins to speak, or ends."""
        states: tuple[Any, Any] = ("listening", "speaking") if begins else ("speaking", "listening")
        self.emit("user_state_changed", events.UserStateChangedEvent(old_state=states[0], new_state=states[1]))

    def says(self, text: str, *, is_final: bool = True) -> None:
        self.emit("user_input_transcribed", events.UserInputTranscribedEvent(transcript=text, is_final=is_final))


class Providers:
    """Stands in for recognition, model and voice."""

    def __init__(self) -> None:
        self.is_closed = False
        self.llm = None

    async def aclose(self) -> None:
        self.is_closed = True


class Desk:
    """One consultation, and everything about it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bridges, "Bridge", Room)
        self.room: Any = bridges.build(monkeypatch)
        self.session = Session()
        self.told = reports.Reports()
        self.providers = Providers()
        self.failure: errors.ProviderUnavailable | None = None
        monkeypatch.setattr(sessions, "new", lambda *_: self.session)
        monkeypatch.setattr(minds, "providers", self._made)
        monkeypatch.setattr(minds, "thinker", lambda *_: None)

    async def _made(self, *_: object) -> Any:
        if self.failure is not None:
            raise self.failure
        return self.providers

    @contextlib.asynccontextmanager
    async def consulting(self, *, keys: bool = True, **order: Any) -> AsyncIterator[consultations.Consultation]:
        """A consultation, prepared."""
        history, loaded, told = llm.ChatContext.empty(), registry.Warm({}), self.told
        history.add_message(role="user", content="I need a price.")
        agent = samples.agent().model_copy(update={"transfers": contract.TransferSettings(keys=keys)})
        offline = contract.ProviderSpec(provider="offline")
        stand_in: Any = told
        parts = consultations.Parts(
            room=self.room,
            agent=agent.model_copy(update={"llm": offline}),
            history=history,
            loaded=loaded,
            reports=stand_in,
        )
        wanted: dict[str, Any] = {"identity": LEG, "label": "Sales", **order}
        consultation = consultations.Consultation(parts, _order(wanted))
        try:
            assert await consultation.prepare() == SID
            yield consultation
        finally:
            await consultation.aclose()


def _order(wanted: dict[str, Any]) -> contract.TransferProgress:
    return contract.TransferProgress(
        transfer_id="tr_1", kind=transfers.Kind.WARM, state=transfers.State.DIALING, version=1, **wanted
    )


def detection(enabled: bool = True, seconds: float = 10.0) -> transfer_wishes.VoicemailDetection:
    return transfer_wishes.VoicemailDetection(enabled=enabled, timeout_s=seconds)

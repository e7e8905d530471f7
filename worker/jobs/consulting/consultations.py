"""The consultation: a second conversation in the job's room, with whoever answered the phone that was dialed."""

from __future__ import annotations

import dataclasses

from livekit import rtc
from livekit.agents import llm

from callcore import contract
from worker.providers import metering, registry
from worker.spool import client as spool_client


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What a job has in hand when it consults."""

    room: rtc.Room
    agent: contract.AgentPlan
    history: llm.ChatContext
    """What caller and agent said, to make a summary of where the order has none."""
    loaded: registry.Warm
    reports: spool_client.SpoolClient
    meter: metering.Meter | None = None
    """Counts what is used of the providers."""


class Consultation:
    """One destination asked whether they take the call. One attempt has one consultation."""

    def __init__(self, parts: Parts, order: contract.TransferProgress) -> None:
        self._parts = parts
        self._order = order

    async def prepare(self) -> str:
        """Open the providers and publish a silent track, while the phone rings; the track's sid.

        Raises:
            ProviderUnavailable: a key, a library or a flow is missing.
            rtc.participant.PublishTrackError, rtc.room.ConnectError, TimeoutError: there is no track.
        """
        raise NotImplementedError

    async def talk(self, leg: rtc.RemoteParticipant) -> contract.Seen:
        """Ask whoever answered; ACCEPTED, DECLINED, VOICEMAIL or UNRESPONSIVE. Cancel it when the leg leaves."""
        raise NotImplementedError

    def hush(self) -> None:
        """Neither hear nor say anything from now on."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Let go of all of it; takes 5 s at most."""
        raise NotImplementedError

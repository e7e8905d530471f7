"""What the job needs for the story of a transfer, and how every one ends for a caller who was not transferred."""

from __future__ import annotations

import dataclasses
import enum
import logging
import pathlib
from collections.abc import Awaitable, Callable

from livekit import rtc

from callcore import contract, endings, transfer_wishes, transfers
from worker.jobs import conversation
from worker.jobs.consulting import consultations
from worker.jobs.transfers import bridges, controls, following, legs, partition, texts

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What a job has in hand when it transfers its call."""

    room: rtc.Room
    agent: contract.AgentPlan
    talk: conversation.Conversation
    controls: controls.Controls
    partition: partition.Partition
    roll: legs.Roll
    bridge: bridges.Parts
    music_path: pathlib.Path | None
    consult: Callable[[contract.TransferProgress], consultations.Consultation]
    """Makes the consultation of one attempt; raises `ProviderUnavailable`."""
    let_go: Callable[[Callable[[], Awaitable[None]]], None]
    """Closes something beside what goes on."""
    take_message: Callable[[contract.TakeMessage], Awaitable[None]]
    """Records what the caller says, and decides the ending."""


class Outcome(enum.Enum):
    """How a story, or a part of it, came out."""

    OVER = enum.auto()
    """Dispatch says how it goes on."""
    ALONE = enum.auto()
    """Dispatch does not say; the job takes the caller back by itself."""
    HANDED_OVER = enum.auto()
    """Caller and destination hear each other, and the call is dispatch's; or it is over."""


async def end(parts: Parts, follower: following.Follower, *, by_dispatch: bool) -> None:
    """Tell a caller, who is off hold, what becomes of them, and do that: nobody has taken them over.

    Args:
        parts: of the call.
        follower: of the transfer.
        by_dispatch: whether dispatch says what becomes of them; else they are with the agent again, and it is told so.

    Raises:
        ProviderUnavailable: the message that they were to leave cannot be taken.
    """
    agent, progress = parts.agent, follower.progress
    label = progress.label
    _log.info("a transfer has connected nobody", extra={"state": progress.state.value})
    if not by_dispatch:
        follower.note(contract.Seen.RETURNED, progress.attempt)
        parts.talk.resume(texts.unavailable(agent, label))
    elif progress.state is transfers.State.CANCELLED:
        parts.talk.resume(texts.called_off(agent, label))
    elif progress.state is transfers.State.FAILED and progress.fallback is transfer_wishes.Fallback.TAKE_MESSAGE:
        await parts.take_message(_message(agent, label))
    elif progress.state is transfers.State.FAILED and progress.fallback is transfer_wishes.Fallback.HANG_UP:
        await parts.talk.say(texts.goodbye(agent, label))
        parts.bridge.ending.decide(endings.Reason.AGENT_HANGUP, endings.EndedBy.AGENT)
    else:
        parts.talk.resume(texts.unavailable(agent, label))


def _message(agent: contract.AgentPlan, label: str | None) -> contract.TakeMessage:
    voice = contract.Voice(tts=agent.tts, language=agent.language, pronunciations=agent.pronunciations)
    return contract.TakeMessage(greeting=texts.take_message(agent, label), voice=voice, stt=agent.stt)

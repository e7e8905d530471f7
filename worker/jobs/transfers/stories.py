"""What the job needs to tell the story of a transfer, and how every story ends for the caller who was not transferred."""

from __future__ import annotations

import dataclasses
import logging
import pathlib
from collections.abc import Awaitable, Callable

from livekit import rtc

from callcore import contract, endings, transfer_wishes, transfers
from worker.jobs import conversation
from worker.jobs.consulting import consultations
from worker.jobs.transfers import bridges, controls, partition, texts

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What a job has in hand when it transfers its call."""

    room: rtc.Room
    agent: contract.AgentPlan
    talk: conversation.Conversation
    controls: controls.Controls
    partition: partition.Partition
    bridge: bridges.Parts
    music_path: pathlib.Path | None
    consult: Callable[[contract.TransferProgress], consultations.Consultation]
    """Makes the consultation of one attempt; raises `ProviderUnavailable`."""
    let_go: Callable[[Callable[[], Awaitable[None]]], None]
    """Closes something beside what goes on."""
    take_message: Callable[[contract.TakeMessage], Awaitable[None]]
    """Records what the caller says, and decides the ending."""


async def end(parts: Parts, progress: contract.TransferProgress) -> None:
    """Tell the caller, who is off hold, what becomes of them, and do that: nobody has taken them over.

    Raises:
        ProviderUnavailable: the message that they were to leave cannot be taken.
    """
    agent, label = parts.agent, progress.label
    _log.info("a transfer has connected nobody", extra={"state": progress.state.value})
    if progress.state is transfers.State.CANCELLED:
        parts.talk.resume(texts.called_off(agent, label))
    elif progress.state is not transfers.State.FAILED:
        parts.talk.resume(texts.unavailable(agent, label))
    elif progress.fallback is transfer_wishes.Fallback.TAKE_MESSAGE:
        await parts.take_message(_message(agent, label))
    elif progress.fallback is transfer_wishes.Fallback.HANG_UP:
        await parts.talk.say(texts.goodbye(agent, label))
        parts.bridge.ending.decide(endings.Reason.AGENT_HANGUP, endings.EndedBy.AGENT)
    else:
        parts.talk.resume(texts.unavailable(agent, label))


def _message(agent: contract.AgentPlan, label: str | None) -> contract.TakeMessage:
    voice = contract.Voice(tts=agent.tts, language=agent.language, pronunciations=agent.pronunciations)
    return contract.TakeMessage(greeting=texts.take_message(agent, label), voice=voice, stt=agent.stt)

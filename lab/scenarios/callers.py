"""A caller who follows a script: dials, listens, speaks in turn or out of turn, and notes what it heard."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

from lab import softphone, speech
from lab.scenarios import scripts

_ANSWER_S = 30.0  # nobody lets it ring longer here
_SPEAKS_S = 15.0  # for the agent to begin
_FINISHED_S = 1.0  # silence after which the agent has said what it wanted to say
_LONGEST_SPEECH_S = 60.0
_HEARD_OUT_S = 0.5  # silence that shows that an interruption worked, and was no gap between two words
_GOODBYE_S = 20.0  # for the other side to hang up after the last words


@dataclasses.dataclass(kw_only=True)
class SpokenLine:
    """How one line of the script went; seconds since the INVITE, by the phone's own recording."""

    said_from_s: float
    said_to_s: float
    fell_silent_ms: float | None = None
    """From the first sound of an interruption to the agent's last."""
    reply_s: float | None = None
    """From the caller's last sound to the agent's next."""


@dataclasses.dataclass(kw_only=True)
class Heard:
    """What the phone knows of the call."""

    answered_ms: float | None = None
    """From INVITE to 200 OK."""
    greeting_ms: float | None = None
    """From 200 OK to the agent's first sound."""
    lines: list[SpokenLine] = dataclasses.field(default_factory=list)
    ended_by: str = "nobody"
    """`agent`, `caller`, or what else ended it."""
    problem: str | None = None
    """Why the script was not played to its end."""


Tell = Callable[[str], None]
"""Takes a sentence for whoever watches the call."""


async def play(
    script: scripts.Scenario, phone: softphone.Softphone, host: str, port: int, tell: Tell = lambda _: None
) -> tuple[Heard, softphone.OutgoingCall]:
    """Hold the call of a scenario with whatever answers at a SIP address.

    A call that goes otherwise than written is no error: `Heard.problem` says what happened, for the verdict.
    """
    heard = Heard()
    voices = [await speech.say_async(line.say, script.voice) for line in script.turns]
    call = await phone.dial(f"sip:{script.number}@{host}:{port}", caller=script.caller)
    try:
        await _hold(script, voices, call, heard, tell)
    except softphone.CallRefused as refused:
        heard.problem = f"refused with {refused.code}"
    except softphone.PhoneError as error:
        heard.problem = error.message
    finally:
        if call.ending is None:
            await call.hang_up()
    heard.ended_by = _who(call)
    tell(f"hung up: the {heard.ended_by}")
    return heard, call


async def _hold(
    script: scripts.Scenario,
    voices: list[softphone.Samples],
    call: softphone.OutgoingCall,
    heard: Heard,
    tell: Tell,
) -> None:
    await call.ringing(timeout=_ANSWER_S)
    tell(f"ringing after {call.timeline.ringing_s * 1000:.0f} ms")
    await call.answered(timeout=_ANSWER_S)
    heard.answered_ms = call.timeline.answered_s * 1000
    tell(f"answered after {heard.answered_ms:.0f} ms")
    greeting_s = await call.hears_speech(timeout=_SPEAKS_S, since_s=call.timeline.answered_s)
    heard.greeting_ms = (greeting_s - call.timeline.answered_s) * 1000
    tell(f"first word {heard.greeting_ms:.0f} ms after the answer")
    for line, voice in zip(script.turns, voices, strict=True):
        heard.lines.append(await _say(line, voice, call))
    await _last_words(script, call, heard)


async def _say(line: scripts.Line, voice: softphone.Samples, call: softphone.OutgoingCall) -> SpokenLine:
    if line.interrupt_after_ms is None:
        await call.hears_silence(for_s=_FINISHED_S, timeout=_LONGEST_SPEECH_S)
        span = await call.play(voice)
        spoken = SpokenLine(said_from_s=span.start_s, said_to_s=span.end_s)
    else:
        spoken = await _interrupt(line.interrupt_after_ms / 1000, voice, call)
    reply_s = await call.hears_speech(timeout=_SPEAKS_S, since_s=spoken.said_to_s)
    spoken.reply_s = reply_s - spoken.said_to_s
    return spoken


async def _interrupt(after_s: float, voice: softphone.Samples, call: softphone.OutgoingCall) -> SpokenLine:
    began_s = await call.hears_speech(timeout=_SPEAKS_S)
    await asyncio.sleep(max(0.0, began_s + after_s - call.now_s))
    span = await call.play(voice)
    spoken = SpokenLine(said_from_s=span.start_s, said_to_s=span.end_s)
    # The agent has stopped when its last sound is well before the end of the interruption.
    sounds = call.speech_heard(span.start_s, span.end_s)
    stopped_s = sounds[-1].end_s if sounds else span.start_s
    if stopped_s <= span.end_s - _HEARD_OUT_S:
        spoken.fell_silent_ms = (stopped_s - span.start_s) * 1000
    return spoken


async def _last_words(script: scripts.Scenario, call: softphone.OutgoingCall, heard: Heard) -> None:
    if script.ended_by == "agent":
        await call.ended(timeout=_GOODBYE_S)
        return
    await call.hears_silence(for_s=_FINISHED_S, timeout=_LONGEST_SPEECH_S)
    await call.hang_up()


def _who(call: softphone.OutgoingCall) -> str:
    if call.ending is None:
        return "nobody"
    return {softphone.EndedBy.PEER: "agent", softphone.EndedBy.PHONE: "caller"}.get(
        call.ending.by, call.ending.by.value
    )

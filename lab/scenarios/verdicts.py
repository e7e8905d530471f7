"""Was that the call it should have been? Judged by what the phone recorded and what the ledger keeps."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from lab.scenarios import callers, scripts

_WORDS_HEARD = 0.6  # share of one utterance's words that the transcript must have: offline recognition makes mistakes
_REPLY_S = 6.0  # from the caller's last word to the agent's next


@dataclasses.dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that had to be so."""

    what: str
    passed: bool
    detail: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ledger:
    """What `/v1` says of the call after it."""

    call: dict[str, Any]
    events: Sequence[dict[str, Any]]

    def messages(self, role: Literal["agent", "user"]) -> list[str]:
        return [turn["message"] for turn in self.call["transcript"] if turn["role"] == role]


def judge(script: scripts.Scenario, heard: callers.Heard, ledger: Ledger | None) -> list[Check]:
    """Every check of a scenario, passed or not."""
    checks = list(_by_phone(script, heard))
    if ledger is None:
        return [*checks, Check(what="the ledger has the call", passed=False, detail="/v1/calls does not list it")]
    return [*checks, *_by_ledger(script, ledger)]


def words(text: str) -> list[str]:
    """The words of a text, without case and punctuation."""
    return re.findall(r"[a-z']+", text.lower())


def share_heard(said: str, transcript: str) -> float:
    """What share of the words said stands in a transcript, in order; 0 to 1."""
    spoken = words(said)
    matcher = difflib.SequenceMatcher(None, spoken, words(transcript), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / max(1, len(spoken))


def _by_phone(script: scripts.Scenario, heard: callers.Heard) -> Iterator[Check]:
    yield Check(what="the call was answered", passed=heard.answered_ms is not None, detail=heard.problem or "200 OK")
    if heard.answered_ms is None:
        return
    yield Check(what="the script was played", passed=heard.problem is None, detail=heard.problem or "to its end")
    greeting = heard.greeting_ms
    yield Check(
        what=f"the greeting is heard within {script.greeting_within_ms} ms of the answer",
        passed=greeting is not None and greeting <= script.greeting_within_ms,
        detail="silence" if greeting is None else f"{greeting:.0f} ms",
    )
    for number, line in enumerate(script.turns, start=1):
        spoken = heard.lines[number - 1] if number <= len(heard.lines) else None
        replied = spoken is not None and spoken.reply_s is not None and spoken.reply_s <= _REPLY_S
        yield Check(
            what=f"turn {number} is answered",
            passed=replied,
            detail=f"reply after {spoken.reply_s:.2f} s" if spoken and spoken.reply_s is not None else "no reply",
        )
        if line.agent_falls_silent_within_ms is not None:
            silent = spoken.fell_silent_ms if spoken else None
            yield Check(
                what=f"turn {number} interrupts: the agent falls silent within {line.agent_falls_silent_within_ms} ms",
                passed=silent is not None and silent <= line.agent_falls_silent_within_ms,
                detail="it talked on" if silent is None else f"{silent:.0f} ms",
            )
    yield Check(what=f"the {script.ended_by} hangs up", passed=heard.ended_by == script.ended_by, detail=heard.ended_by)


def _by_ledger(script: scripts.Scenario, ledger: Ledger) -> Iterator[Check]:
    call = ledger.call
    reason = (call["termination"] or {}).get("reason")
    expected = f"{script.ended_by}_hangup"
    yield Check(
        what=f"the ledger says {expected}", passed=call["status"] == "ended" and reason == expected, detail=str(reason)
    )
    sequence = [event["sequence"] for event in ledger.events]
    gapless = sequence == list(range(1, len(sequence) + 1)) and bool(sequence)
    yield Check(what="the events have no gap", passed=gapless, detail=f"{len(sequence)} events")
    said_by_caller, said_by_agent = " ".join(ledger.messages("user")), ledger.messages("agent")
    for number, line in enumerate(script.turns, start=1):
        share = share_heard(line.say, said_by_caller)
        yield Check(
            what=f"turn {number} is in the transcript", passed=share >= _WORDS_HEARD, detail=f"{share:.0%} of its words"
        )
        missing = [word for word in line.agent_says if word.lower() not in words(" ".join(said_by_agent))]
        yield Check(
            what=f"turn {number} got the right answer",
            passed=not missing,
            detail=f"missing: {', '.join(missing)}" if missing else "as it should be",
        )

"""How calls look in a terminal."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator, Sequence

import rich.console
import rich.markup

from cli import api


class _Console(rich.console.Console):
    """The terminal, or what reads in its place."""

    def on_broken_pipe(self) -> None:
        """Fail as any other write: rich would exit at once, out of the hands of whoever has tasks to end."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


_out = _Console(highlight=False, emoji=False, soft_wrap=True)
_HEADINGS = ("call", "started", "from", "to", "agent", "status", "seconds", "ended because")


def plain(value: object) -> str:
    """A value for a line with markup: nothing in it is taken for markup, or for a command to the terminal."""
    return rich.markup.escape(printable(value))


def printable(value: object) -> str:
    """A value for a line without markup: nothing in it is taken for a command to the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in str(value))


def print_json(value: object) -> None:
    """One JSON value on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_calls(calls: Sequence[api.Json]) -> None:
    """A table of calls."""
    print_table(_HEADINGS, [_row(call) for call in calls])


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table. It is as wide as it must be: a number or an id that is cut short is of no use."""
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for number, row in enumerate(lines):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        _out.print(plain(line), style=None if number else "bold")


def print_call(call: api.Json) -> None:
    """Everything about one call, its `events` too."""
    print_calls([call])
    for line in _more(call):
        _out.print(plain(line))
    _out.print("\n[bold]events[/bold]")
    for event in call["events"]:
        data = ", ".join(f"{name}={value}" for name, value in event["data"].items() if value is not None)
        _out.print(f"{event['sequence']:>3}  {event['at']}  {event['type']}  [dim]{plain(data)}[/dim]")
    _out.print("\n[bold]transcript[/bold]")
    for turn in call["transcript"]:
        print_turn(turn, other=other_side(call))


def other_side(call: api.Json) -> str:
    """What to call whom the agent talks with, in six letters."""
    return "callee" if call["direction"] == "outbound" else "caller"


def print_turn(turn: api.Json, *, other: str = "caller") -> None:
    """One turn with its times.

    Args:
        turn: as the API has it.
        other: as `other_side` says it.
    """
    speaker = "[cyan]agent [/cyan]" if turn["role"] == "agent" else f"[green]{other}[/green]"
    cut = " [yellow](interrupted)[/yellow]" if turn.get("interrupted") else ""
    _out.print(f"{speaker} {turn['timestamp']}  {plain(turn['message'])}{cut}  [dim]{_times(turn)}[/dim]")


def print_beginning(call: api.Json) -> None:
    """Whose call is followed from here on."""
    sides = plain(f"{caller(call)} → {call['to'] or '-'}")
    print_line(f"[bold]{call['callId']}[/bold] {sides} {call['status']}")


def print_end(call: api.Json) -> None:
    """How a call ended, and what came of it."""
    termination = call["termination"] or {}
    lasted = "" if call["durationSeconds"] is None else f" after {call['durationSeconds']:.1f} s"
    outcome = f", outcome {call['outcome']}" if call["outcome"] else ""
    print_line(
        f"[bold]{call['callId']}[/bold] ended: {termination.get('reason')} by {termination.get('endedBy')}"
        f"{lasted}{plain(_sip_answer(termination))}{outcome}"
    )


def print_hung_up(call: api.Json) -> None:
    """How a call stands that was to be hung up."""
    if call["status"] == "ended":
        print_end(call)
    else:
        print_line(f"[bold]{call['callId']}[/bold] is being hung up")


def print_line(text: str) -> None:
    """A line about a call."""
    _out.print(text)


def print_note(text: str) -> None:
    """A dim line, for what is only of passing interest."""
    _out.print(f"[dim]{text}[/dim]")


def _more(call: api.Json) -> Iterator[str]:
    """What is not in the table and not the same for most calls."""
    if call["forwardedFromNumber"]:
        yield f"forwarded from {call['forwardedFromNumber']}"
    if call["ringBack"]:
        yield "returns a call of ours"
    if call["contactId"]:
        yield f"contact {call['contactId']}"
    if call["scheduledAt"]:
        yield f"to be dialed at {call['scheduledAt']}"
    if call["outcome"]:
        yield f"outcome {call['outcome']}{_sip_answer(call['termination'] or {})}"
    if call["overrides"]:
        yield f"differs from its agent in {', '.join(sorted(call['overrides']))}"
    if call["voicemail"]:
        yield f"voicemail of {_seconds(call['voicemail']['durationSeconds'])} s: {call['voicemail']['url']}"
    for transfer in call["transfers"]:
        yield f"{transfer['kind']}: {transfer['state']}"
        for attempt in transfer["attempts"]:
            yield f"  {attempt_line(attempt)}"
    if call["metadata"]:
        yield "metadata: " + ", ".join(f"{name}={value}" for name, value in sorted(call["metadata"].items()))


def attempt_line(attempt: api.Json) -> str:
    """One destination of a transfer, and what came of it."""
    label = f" ({attempt['label']})" if attempt["label"] else ""
    way = " by REFER" if attempt["method"] == "refer" else ""
    code = f" ({attempt['sipStatusCode']})" if attempt["sipStatusCode"] else ""
    took = f" after {attempt['seconds']:.1f} s" if attempt["seconds"] is not None else ""
    return f"{attempt['to'] or 'deleted'}{label}{way}: {attempt['result'] or 'under way'}{code}{took}"


def _sip_answer(termination: api.Json) -> str:
    """The final SIP status, where one decided the end."""
    answer = [str(termination[name]) for name in ("sipStatusCode", "sipStatus") if termination.get(name)]
    return f" ({' '.join(answer)})" if answer else ""


def _row(call: api.Json) -> tuple[str, ...]:
    return (
        call["callId"],
        call["createdAt"],
        caller(call),
        call["to"] or "-",
        call["agentId"] or _done(call),
        call["status"],
        _seconds(call["durationSeconds"]),
        (call["termination"] or {}).get("reason", "-"),
    )


def caller(call: api.Json) -> str:
    """Who calls, or why that is not known."""
    return str(call["from"] or call["callerIdStatus"])


def _done(call: api.Json) -> str:
    """What is done with a call that no agent takes."""
    return f"({call['action']})" if call["action"] else "-"


def _times(turn: api.Json) -> str:
    names = {
        "transcriptionDelaySeconds": "heard",
        "endOfTurnDelaySeconds": "turn over",
        "llmFirstTokenSeconds": "first token",
        "ttsFirstAudioSeconds": "first sound",
        "replyDelaySeconds": "reply",
    }
    return ", ".join(
        f"{short} {turn[name] * 1000:.0f} ms" for name, short in names.items() if turn.get(name) is not None
    )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"

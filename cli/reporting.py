"""What `trunkline calls report` and `trunkline calls finalize` do: ask, and show."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator

from cli import api, asking, screen


def show(call_id: str, *, url: str | None, as_json: bool) -> None:
    """The report of a call."""
    report = asking.ask(url, lambda client: client.ask("GET", _path(call_id)))
    asking.show(report, as_json, lambda: _print(report))


def finalize(call_id: str, wanted: api.Json, *, url: str | None, as_json: bool) -> None:
    """Have a report made or delivered, and say what came of it."""
    done = asking.ask(url, lambda client: client.ask("POST", f"{_path(call_id)}/finalize", body=wanted))
    asking.show(done, as_json, lambda: _print_finalized(done))


def _path(call_id: str) -> str:
    return f"/v1/calls/{urllib.parse.quote(call_id, safe='')}/report"


def _print(report: api.Json) -> None:
    for line in _lines(report):
        screen.print_line(screen.plain(line))
    screen.print_line("\n[bold]transcript[/bold]")
    if report["transcriptOmitted"]:
        screen.print_note(f"{report['transcriptOmitted']} turns before these are left out")
    for turn in report["transcript"]:
        screen.print_turn(turn, other=screen.other_side(report))


def _lines(report: api.Json) -> Iterator[str]:
    end, durations = report["termination"], report["durations"]
    yield f"{report['reportId']} of {report['callId']}, made {report['timestamp']}"
    yield f"{report['direction']} {report['from'] or '-'} → {report['to'] or '-'}, agent {report['agentId'] or '-'}"
    inferred = ", which nobody who was in the call has told" if report["endIsInferred"] else ""
    yield f"ended: {end['reason']} by {end['endedBy']}{inferred}"
    yield f"outcome {report['outcome']}" + (f", contact {report['contactStatus']}" if report["contactStatus"] else "")
    names = (("ringing", "ringingSeconds"), ("talk", "talkSeconds"), ("total", "totalSeconds"))
    yield ", ".join(f"{said} {durations[name]:.1f} s" for said, name in names if durations[name] is not None)
    for transfer in report["transfers"]:
        yield f"{transfer['kind']}: {transfer['state']}"
    if (voicemail := report["artifacts"]["voicemail"]) is not None:
        yield f"voicemail of {voicemail['durationSeconds']:.1f} s: {voicemail['url']}"
    yield from (_used(used) for used in report["usage"])


def _used(used: api.Json) -> str:
    amounts = {
        "requests": used["requests"],
        "s of sound": round(used["audioSeconds"], 1),
        "characters": used["characters"],
        "input tokens": used["inputTokens"],
        "of them cached": used["cachedInputTokens"],
        "output tokens": used["outputTokens"],
    }
    told = ", ".join(f"{amount} {name}" for name, amount in amounts.items() if amount)
    return f"{used['part']} {used['provider']} {used['model']}".rstrip() + f": {told or 'nothing'}"


def _print_finalized(done: api.Json) -> None:
    made = "made now" if done["remade"] else f"as it was made {done['madeAt']}"
    told = "on its way" if done["webhookQueued"] else "not delivered by this"
    screen.print_line(screen.plain(f"{done['reportId']} of {done['callId']}: {made}, {told}"))

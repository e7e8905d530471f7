"""How a webhook looks in a terminal: one line, without phone numbers unless they are asked for."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

from callcore import clock, redaction
from cli import screen

_SHOWN = ("event_type", "call_id", "sequence", "status", "failure_cause", "direction", "from", "to", "outcome")
"""What most wish to know of a body, in this order."""
_UNNAMED = frozenset({"event_type", "call_id", "status"})
_GOOD = range(200, 300)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Taken:
    """A webhook whose signature holds."""

    id: str
    at: dt.datetime
    times: int
    """How often this id has come, this time included."""
    body: dict[str, Any]
    status: int
    """Of our answer."""


def taken(webhook: Taken, *, show_numbers: bool, as_json: bool) -> None:
    """Print a webhook."""
    body = webhook.body if show_numbers else redaction.fields(webhook.body)
    if as_json:
        told = {
            "id": webhook.id,
            "receivedAt": clock.rfc3339(webhook.at),
            "duplicate": webhook.times > 1,
            "times": webhook.times,
            "answered": webhook.status,
            "body": body,
        }
        screen.print_json(told)
        return
    again = f" [yellow]again ({webhook.times})[/yellow]" if webhook.times > 1 else ""
    color = "green" if webhook.status in _GOOD else "yellow"
    words = screen.plain(" ".join(_words(body)))
    screen.print_line(
        f"{clock.rfc3339(webhook.at)} [bold]{screen.plain(body.get('type', '-'))}[/bold] {words}"
        f" [dim]{screen.plain(webhook.id)}[/dim] [{color}]→ {webhook.status}[/{color}]{again}"
    )


def refused(at: dt.datetime, reason: str, message: str, *, as_json: bool) -> None:
    """Print that something came which is not to be believed; nothing of it is shown."""
    if as_json:
        screen.print_json({"receivedAt": clock.rfc3339(at), "refused": reason, "message": message, "answered": 401})
    else:
        screen.print_line(f"{clock.rfc3339(at)} [red]refused[/red] {screen.plain(message)} [red]→ 401[/red]")


def _words(body: dict[str, Any]) -> Iterator[str]:
    """What is told of a body, which keeps it at its top or under `data`."""
    inner = body.get("data")
    values = {**inner, **body} if isinstance(inner, dict) else body
    for key in _SHOWN:
        value = values.get(key)
        if isinstance(value, str | int) and value != "":
            yield str(value) if key in _UNNAMED else f"{key} {value}"

"""What `trunkline webhooks deliveries`, `show` and `replay` do."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, Sequence

import rich.console
import rich.progress

from cli import api, asking, screen

_DELIVERIES = "/v1/webhooks/deliveries"
_REPLAY_S = 60.0  # a page of them is written in one transaction


def range_of(
    *, kind: str | None, call: str | None, endpoint: str | None, from_: str | None, to: str | None
) -> dict[str, str | None]:
    """Which deliveries, as the API says it."""
    return {"kind": kind, "callId": call, "url": endpoint, "from": from_, "to": to}


def list_deliveries(filters: Mapping[str, str | None], *, url: str | None, as_json: bool) -> None:
    """One page of deliveries."""
    page = asking.ask(url, lambda client: client.ask("GET", _DELIVERIES, asking.given(filters)))
    asking.show_page(page, as_json, lambda: _print(page["items"]))


def show(delivery_id: str, *, url: str | None, as_json: bool) -> None:
    """One delivery, whole."""
    delivery = asking.ask(url, lambda client: client.ask("GET", _path(delivery_id)))
    asking.show(delivery, as_json, lambda: _print_whole(delivery))


def replay_one(delivery_id: str, *, url: str | None, as_json: bool) -> None:
    """Send one again."""
    again = asking.ask(url, lambda client: client.ask("POST", f"{_path(delivery_id)}/replay", body={}))
    asking.show(again, as_json, lambda: screen.print_line(f"{screen.plain(again['id'])} is on its way again"))


def replay_many(chosen: Mapping[str, str], *, url: str | None, as_json: bool) -> None:
    """Send again what is chosen, a page at a time, showing how far it is."""
    done = {"replayed": asking.ask(url, lambda client: _replay(client, chosen))}
    asking.show(done, as_json, lambda: screen.print_line(f"on their way again: {done['replayed']}"))


def described(chosen: Mapping[str, str]) -> str:
    """Which ones, in words."""
    words = [f"every {chosen.get('state', 'failed')} webhook"]
    for name, before in {"kind": "of kind", "callId": "of", "url": "for", "from": "from", "to": "until"}.items():
        if name in chosen:
            words.append(f"{before} {chosen[name]}")
    return screen.printable(" ".join(words))


async def _replay(client: api.Api, chosen: Mapping[str, str]) -> int:
    replayed: int = 0
    cursor: str | None = None
    console = rich.console.Console(stderr=True)
    with rich.progress.Progress(
        rich.progress.SpinnerColumn(),
        rich.progress.TextColumn("{task.completed} on their way again"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        sent = progress.add_task("", total=None)
        while True:
            body = {**chosen, **({"cursor": cursor} if cursor else {})}
            answer = await client.ask("POST", f"{_DELIVERIES}/replay", body=body, timeout_s=_REPLAY_S)
            replayed += answer["replayed"]
            progress.update(sent, completed=replayed)
            if (cursor := answer["nextCursor"]) is None:
                return replayed


def _path(delivery_id: str) -> str:
    return f"{_DELIVERIES}/{urllib.parse.quote(delivery_id, safe='')}"


def _print(deliveries: Sequence[api.Json]) -> None:
    headings = ("delivery", "of", "type", "call", "state", "attempts", "last answer", "next attempt")
    screen.print_table(headings, [_row(delivery) for delivery in deliveries])


def _row(delivery: api.Json) -> tuple[str, ...]:
    return (
        delivery["id"],
        delivery["eventAt"],
        delivery["type"],
        delivery["callId"] or "-",
        delivery["state"],
        str(delivery["attemptCount"]),
        answer_of(delivery["lastStatusCode"], delivery["lastError"]),
        delivery["nextAttemptAt"] or "-",
    )


def answer_of(status: int | None, error: str | None) -> str:
    """What an endpoint answered, in a word or two."""
    words = [str(status)] if status is not None else []
    if error is not None and error != "bad_status":
        words.append(error)
    return " ".join(words) or "-"


def _print_whole(delivery: api.Json) -> None:
    _print([delivery])
    screen.print_line(screen.plain(f"webhook-id {delivery['messageId']}, for {delivery['url']}"))
    screen.print_line("\n[bold]attempts[/bold]")
    for attempt in delivery["attempts"]:
        answer = answer_of(attempt["statusCode"], attempt["error"])
        line = f"{attempt['number']:>3}  {attempt['at']}  {answer}  {attempt['latencySeconds'] * 1000:.0f} ms"
        screen.print_line(f"{screen.plain(line)}  [dim]{screen.plain(attempt['response'] or '')}[/dim]")
    screen.print_line("\n[bold]body[/bold]")
    hidden = "is shown to keys that have the scope calls:read as well"
    screen.print_line(screen.plain(delivery["body"]) if delivery["body"] is not None else f"[dim]{hidden}[/dim]")

"""What `trunkline transfers` does: begin a transfer once, whatever happens on the way, look at it, and follow it."""

from __future__ import annotations

import asyncio
import secrets
import urllib.parse
from collections.abc import Mapping, Sequence

from callcore import errors, transfers
from cli import api, asking, failing, pairs, repeating, screen

_POLL_S = 0.5
_LOOKS_OUT = 20  # in a row that may fail before dispatch counts as gone: a restart takes some seconds


def body(wanted: Mapping[str, object], *, headers: Sequence[str], metadata: Sequence[str]) -> api.Json:
    """The body of a request, of what was given.

    Raises:
        BadInput: a pair is none.
    """
    named = {"headers": pairs.read(headers, "--header"), "metadata": pairs.read(metadata, "--metadata")}
    given = {**wanted, **{name: found or None for name, found in named.items()}}
    return {name: value for name, value in given.items() if value is not None}


def destinations(numbers: Sequence[str], labels: list[str]) -> list[api.Json]:
    """Whom to ask, each with what the agent calls it.

    Raises:
        BadInput: there are more labels than one, and not as many as numbers.
    """
    if len(labels) not in (0, 1, len(numbers)):
        raise errors.BadInput("give --label once, or as often as there are numbers")
    if not labels:
        return [{"to": number} for number in numbers]
    named = labels * len(numbers) if len(labels) == 1 else labels
    return [{"to": number, "label": label} for number, label in zip(numbers, named, strict=True)]


def begin(call_id: str, kind: str, wanted: api.Json, *, url: str | None, waits: bool, as_json: bool) -> int:
    """Begin a transfer, and follow it to its end where `waits`; the exit code.

    Raises:
        ApiRefused: the call cannot be transferred, or not there.
        DispatchUnavailable: nobody answers.
    """

    async def work(client: api.Api) -> int:
        key = f"transfer-{secrets.token_hex(16)}"
        path = f"{_path(call_id)}/{kind}"
        begun = await repeating.once(lambda: client.ask("POST", path, body=wanted, idempotency_key=key))
        if not waits:
            asking.show(begun, as_json, lambda: _print([begun]))
            return 0
        last = await _follow(client, begun, as_json=as_json)
        return 0 if last["state"] == transfers.State.BRIDGED else failing.EXIT_FAILED

    try:
        return asking.ask(url, work)
    except KeyboardInterrupt:
        return failing.EXIT_INTERRUPTED


def show(call_id: str, transfer_id: str | None, *, url: str | None, as_json: bool) -> None:
    """One transfer, or all of a call, newest first."""
    if transfer_id is not None:
        one = asking.ask(url, lambda client: client.ask("GET", _path(call_id, transfer_id)))
        asking.show(one, as_json, lambda: _print([one]))
        return
    page = asking.ask_all(url, _path(call_id))
    asking.show(page, as_json, lambda: _print(page["items"]))


def take_part(call_id: str, transfer_id: str, hand: str, wanted: api.Json, *, url: str | None, as_json: bool) -> None:
    """Complete or cancel a transfer, and say how it stands."""
    path = f"{_path(call_id, transfer_id)}/{hand}"
    after = asking.ask(url, lambda client: client.ask("POST", path, body=wanted))
    asking.show(after, as_json, lambda: _print([after]))


async def _follow(client: api.Api, begun: api.Json, *, as_json: bool) -> api.Json:
    """Show each state and attempt, until it is over; how it is then.

    Raises:
        DispatchUnavailable: dispatch is gone; the transfer may go on.
    """
    current, shown, failures = begun, "", 0
    while True:
        if (told := _told(current)) != shown:
            shown = told
            _show_progress(current, as_json=as_json)
        if transfers.State(current["state"]).is_final:
            return current
        await asyncio.sleep(_POLL_S)
        try:
            current, failures = await client.ask("GET", _path(begun["callId"], begun["id"])), 0
        except errors.DispatchUnavailable as error:
            failures += 1
            if failures == _LOOKS_OUT:
                hint = f"trunkline transfers show {begun['callId']} {begun['id']}"
                raise errors.DispatchUnavailable(f"{error.message}; the transfer may go on: {hint}") from None


def _told(transfer: api.Json) -> str:
    """What a line of progress is for: the same again is not shown again."""
    return repr((transfer["state"], transfer["attempts"]))


def _show_progress(transfer: api.Json, *, as_json: bool) -> None:
    attempts = transfer["attempts"]
    latest = f"  {screen.plain(screen.attempt_line(attempts[-1]))}" if attempts else ""
    at = screen.plain(transfer["updatedAt"])
    asking.show(transfer, as_json, lambda: screen.print_line(f"{transfer['state']}{latest}  [dim]{at}[/dim]"))


def _print(found: Sequence[api.Json]) -> None:
    headings = ("transfer", "kind", "state", "by", "began", "fallback")
    screen.print_table(headings, [_row(transfer) for transfer in found])
    for transfer in found:
        if transfer["attempts"]:
            screen.print_line(f"\n[bold]{screen.plain(transfer['id'])}[/bold]")
        for attempt in transfer["attempts"]:
            screen.print_line(screen.plain(f"  {screen.attempt_line(attempt)}"))


def _row(transfer: api.Json) -> tuple[str, ...]:
    return (
        transfer["id"],
        transfer["kind"],
        transfer["state"],
        transfer["requestedBy"],
        transfer["createdAt"],
        transfer["fallback"] or "-",
    )


def _path(call_id: str, transfer_id: str | None = None) -> str:
    below = "" if transfer_id is None else f"/{urllib.parse.quote(transfer_id, safe='')}"
    return f"/v1/calls/{urllib.parse.quote(call_id, safe='')}/transfers{below}"

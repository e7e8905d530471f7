"""What `trunkline calls` does: fetch, and show."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from cli import api, asking, screen

_POLL_S = 1.0  # how soon a new call shows up
_NEWEST = "20"


def list_calls(filters: Mapping[str, str | None], *, url: str | None, as_json: bool) -> None:
    """One page of calls."""
    page = asking.ask(url, lambda client: client.calls(asking.given(filters)))
    asking.show_page(page, as_json, lambda: screen.print_calls(page["items"]))


def show_call(call_id: str, *, url: str | None, as_json: bool) -> None:
    """One call with its events and transcript."""

    async def ask(client: api.Api) -> api.Json:
        return {**await client.call(call_id), "events": await client.events(call_id)}

    call = asking.ask(url, ask)
    asking.show(call, as_json, lambda: screen.print_call(call))


def hang_up(call_id: str, *, url: str | None, as_json: bool) -> None:
    """End a call, and say how it stands."""
    call = asking.ask(url, lambda client: client.hang_up(call_id))
    asking.show(call, as_json, lambda: screen.print_hung_up(call))


def tail_calls(call_id: str | None, *, url: str | None, as_json: bool) -> None:
    """Follow one call to its end, or all calls until interrupted."""

    async def follow(client: api.Api) -> None:
        if call_id:
            await _follow(client, call_id, as_json)
        else:
            await _follow_all(client, as_json)

    with contextlib.suppress(KeyboardInterrupt):
        asking.ask(url, follow)


async def _follow_all(client: api.Api, as_json: bool) -> None:
    seen = {call["callId"] for call in (await client.calls({"limit": _NEWEST}))["items"] if call["status"] == "ended"}
    try:
        async with asyncio.TaskGroup() as following:
            while True:
                page = await client.calls({"limit": _NEWEST})
                for call in reversed(page["items"]):
                    if call["callId"] not in seen:
                        seen.add(call["callId"])
                        following.create_task(_follow(client, call["callId"], as_json))
                await asyncio.sleep(_POLL_S)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None  # what ends one stream, such as a dispatch that stops, ends them all


async def _follow(client: api.Api, call_id: str, as_json: bool) -> None:
    call = await client.call(call_id)
    if as_json:
        screen.print_json({"type": "call", "call": call})
    else:
        screen.print_beginning(call)
    async for event in client.transcript(call_id):
        if as_json:
            screen.print_json({"type": event.type, "callId": call_id, **event.data})
        elif event.type == "turn":
            screen.print_turn(event.data, other=screen.other_side(call))
    ended = await client.call(call_id)
    if not as_json:
        screen.print_end(ended)

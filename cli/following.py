"""One call, shown as it happens: what becomes of it, what is said, and how it ends."""

from __future__ import annotations

import asyncio
import sys

from callcore import errors
from cli import api, screen

_POLL_S = 0.5  # how soon a change of state shows up; what is said comes by itself
_HANG_UP_S = 15.0  # dispatch ends a call in seconds, whatever it is doing
_PROGRESS = {
    "call.queued": "queued",
    "call.dialing": "dialing",
    "call.ringing": "ringing",
    "call.answered": "in progress",
    "call.do_not_call": "asked not to be called again",
}
"""By type of event; what is not here tells nothing new to whom reads along."""


class Watch:
    """Follows one call."""

    def __init__(self, client: api.Api, call_id: str, *, as_json: bool) -> None:
        self._client = client
        self._call_id = call_id
        self._as_json = as_json
        self._shown = 0  # sequence of the last event that was looked at

    async def begin(self) -> None:
        """Say whose call this is."""
        call = await self._client.call(self._call_id)
        if self._as_json:
            screen.print_json({"type": "call", "call": call})
        else:
            screen.print_beginning(call)
            if call.get("scheduledAt"):
                screen.print_note(f"to be dialed at {screen.plain(call['scheduledAt'])}")

    async def to_the_end(self) -> api.Json:
        """Show everything until the call is over; the ended call.

        Raises:
            DispatchUnavailable: dispatch went away; the call goes on.
        """
        try:
            async with asyncio.TaskGroup() as beside:
                progress = beside.create_task(self._follow_progress())
                await self._follow_turns()
                progress.cancel()
        except BaseExceptionGroup as group:
            failed = _first(group)
            if not isinstance(failed, errors.DispatchUnavailable):
                raise failed from None
            message = f"{failed.message}; the call may go on: trunkline calls tail {self._call_id}"
            raise errors.DispatchUnavailable(message) from None
        await self._show_progress()
        return await self._show_end()

    async def hang_up(self) -> None:
        """End the call, and see it end.

        Raises:
            DispatchUnavailable: dispatch went away; the call may go on.
        """
        self._note("hanging up")
        call = await self._client.hang_up(self._call_id)
        deadline = asyncio.get_running_loop().time() + _HANG_UP_S
        while call["status"] != "ended" and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_POLL_S)
            call = await self._client.call(self._call_id)
        if call["status"] == "ended":
            await self._show_end()
        else:
            self._note(f"not over yet: trunkline calls show {self._call_id}")

    async def _follow_turns(self) -> None:
        async for event in self._client.transcript(self._call_id):
            if self._as_json:
                screen.print_json({"type": event.type, "callId": self._call_id, **event.data})
            elif event.type == "turn":
                screen.print_turn(event.data, other="callee")

    async def _follow_progress(self) -> None:
        while True:
            await self._show_progress()
            await asyncio.sleep(_POLL_S)

    async def _show_progress(self) -> None:
        for event in await self._client.events(self._call_id):
            if event["sequence"] <= self._shown:
                continue
            self._shown = event["sequence"]
            if self._as_json:
                screen.print_json({"type": "event", "callId": self._call_id, "event": event})
            elif event["type"] in _PROGRESS:
                screen.print_line(f"{_PROGRESS[event['type']]}  [dim]{screen.plain(event['at'])}[/dim]")

    async def _show_end(self) -> api.Json:
        call = await self._client.call(self._call_id)
        if self._as_json:
            screen.print_json({"type": "call", "call": call})
        else:
            screen.print_end(call)
        return call

    def _note(self, text: str) -> None:
        """Something that is no part of what the command prints."""
        sys.stderr.write(f"{text}\n")


def _first(group: BaseExceptionGroup) -> BaseException:
    """One of what failed; the others failed for the same reason."""
    inner: BaseException = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner

"""A dispatch for the commands to ask: answers as the API describes them, and faults on request."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from callcore import calls, endings, events, outcomes, turns
from dispatch.store import besides
from dispatch.v1 import schemas

KEY = "tl_demo_0123456789abcdef"
START = dt.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=dt.UTC)
CALLER, DIALED = "+12015550123", "+12015550100"
ENDED, LIVE = "call_01k8r3v5m2c4d6e8f0g1h2j3k4", "call_01k8r3v5m2c4d6e8f0g1h2j3k5"

Json = dict[str, Any]


def a_call(call_id: str = ENDED, *, caller: str | None = CALLER, is_over: bool = True) -> calls.Call:
    """A call of 12.3 s that the caller ended, or one that goes on."""
    call = calls.Call(
        id=call_id,
        direction=calls.Direction.INBOUND,
        status=calls.Status.IN_PROGRESS,
        room_name=f"call_{DIALED}_x7",
        caller=caller,
        dialed=DIALED,
        created_at=START,
        agent_id="front-desk",
        agent_version="v1",
        answered_at=START + dt.timedelta(seconds=1),
    )
    if not is_over:
        return call
    return dataclasses.replace(
        call,
        status=calls.Status.ENDED,
        ended_at=START + dt.timedelta(seconds=13.3),
        duration_s=12.34,
        termination=endings.Termination(reason=endings.Reason.CALLER_HANGUP, ended_by=endings.EndedBy.CALLER),
        outcome=outcomes.Outcome.COMPLETED,
    )


def a_turn(message: str, role: turns.Role = turns.Role.USER, *, interrupted: bool = False) -> turns.Turn:
    timings = turns.Timings(llm_first_token_s=0.25, reply_delay_s=0.8)
    return turns.Turn(role=role, message=message, at=START, interrupted=interrupted, timings=timings)


def an_event(sequence: int, kind: events.EventType, **data: str | int | None) -> events.Event:
    return events.Event(id=f"evt_{sequence}", call_id=ENDED, sequence=sequence, type=kind, at=START, data=data)


@dataclasses.dataclass
class Kept:
    """A call as dispatch has it. Its stream stops, with or without telling the end, when `ended` is set.

    `is_followed` is set as soon as somebody asks for the stream.
    """

    call: calls.Call
    turns: Sequence[turns.Turn] = ()
    events: Sequence[events.Event] = ()
    is_followed: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)
    ended: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)
    breaks_off: bool = False
    beside: besides.Beside = dataclasses.field(default_factory=besides.Beside)

    @property
    def shown(self) -> Json:
        call = schemas.Call.with_turns(self.call, tuple(self.turns), self.beside)
        return call.model_dump(mode="json")


class Dispatch:
    """The routes that the commands use."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.is_out = False
        self.queries: list[dict[str, str]] = []
        self.answers_instead: web.Response | None = None
        self.placed: list[tuple[str, Json]] = []
        self.breaks_at_placing = 0
        self.app = web.Application(middlewares=[self._guard])
        self.app.router.add_get("/v1/calls", self._list)
        self.app.router.add_get("/v1/calls/{id}", self._show)
        self.app.router.add_get("/v1/calls/{id}/events", self._events)
        self.app.router.add_get("/v1/calls/{id}/transcript", self._stream)
        self.app.router.add_post("/v1/calls/{id}/hangup", self._hang_up)
        self.app.router.add_post("/v1/sessions/phone", self._place)

    def keep(self, kept: Kept) -> Kept:
        self.kept[kept.call.id] = kept
        return kept

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.answers_instead is not None:
            return self.answers_instead
        if self.is_out:
            return problem(503, "Unavailable", "The store does not answer.")
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return problem(401, "Unauthorized", "This key is not known.")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _list(self, request: web.Request) -> web.Response:
        self.queries.append(dict(request.query))
        newest_first = [schemas.CallSummary.of(kept.call) for kept in reversed(self.kept.values())]
        page = schemas.CallPage(items=tuple(newest_first), next_cursor=None)
        return web.json_response(page.model_dump(mode="json"))

    async def _show(self, request: web.Request) -> web.Response:
        kept = self.kept.get(request.match_info["id"])
        return web.json_response(kept.shown) if kept else _unknown()

    async def _events(self, request: web.Request) -> web.Response:
        kept = self.kept[request.match_info["id"]]
        listed = schemas.EventList(events=tuple(schemas.Event.of(event) for event in kept.events))
        return web.json_response(listed.model_dump(mode="json"))

    async def _place(self, request: web.Request) -> web.Response:
        """Take the call that was kept as the one that is placed, each time it is asked for."""
        self.placed.append((request.headers["Idempotency-Key"], await request.json()))
        if self.breaks_at_placing:
            self.breaks_at_placing -= 1
            assert request.transport is not None
            request.transport.close()
        (call_id,) = self.kept
        return web.json_response({"sessionId": call_id, "callId": call_id, "status": "queued"}, status=202)

    async def _hang_up(self, request: web.Request) -> web.Response:
        kept = self.kept.get(request.match_info["id"])
        if kept is None:
            return _unknown()
        if not kept.call.is_over:
            kept.call = a_call(kept.call.id, caller=kept.call.caller)
            kept.ended.set()
        return web.json_response(kept.shown)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        kept = self.kept.get(request.match_info["id"])
        if kept is None:
            return _unknown()
        assert request.headers["Accept"] == "text/event-stream"
        kept.is_followed.set()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(_sent("connected", {"callId": kept.call.id}))
        for number, turn in enumerate(kept.turns, start=1):
            await response.write(b": heartbeat\r\n\r\n")
            await response.write(_sent("turn", schemas.Turn.of(turn).model_dump(mode="json"), str(number)))
        await kept.ended.wait()
        if not kept.breaks_off:
            kept.call = a_call(kept.call.id, caller=kept.call.caller)
            await response.write(_sent("ended", schemas.Ended.of(kept.call).model_dump(mode="json"), "end"))
        return response


def problem(status: int, title: str, detail: str) -> web.Response:
    """An error as RFC 9457 wants it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": "code"}
    return web.json_response(body, status=status, content_type="application/problem+json")


def _unknown() -> web.Response:
    return problem(404, "Not Found", "There is no such call.")


def _sent(kind: str, data: Json, event_id: str | None = None) -> bytes:
    lines = [f"event: {kind}", f"data: {json.dumps(data)}", *([f"id: {event_id}"] if event_id else [])]
    return "\r\n".join([*lines, "", ""]).encode()

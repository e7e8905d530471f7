"""OpenAI's chat completions: `POST /v1/chat/completions`, streamed or whole, and `GET /v1/models`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

import pydantic
from aiohttp import web

from lab.providers import behaviours, lines, openai_messages, repliers, visits

TOKEN_INTERVAL_MS = 2
"""Between tokens, unless the behaviour says otherwise: 500 a second, faster than any model."""
MODELS = ("gpt-4.1", "gpt-4.1-mini", "gpt-4o-mini")
"""Listed; any other name is served as well."""

_DONE = b"data: [DONE]\n\n"
_GARBAGE = b'data: {"id": "chatcmpl-\n\n'
_BEARER = "bearer "


def problem(status: int, message: str) -> web.Response:
    """An error as OpenAI words it."""
    types = {401: "authentication_error", 429: "rate_limit_error", 400: "invalid_request_error"}
    kind = types.get(status, "server_error")
    return web.json_response({"error": {"message": message, "type": kind, "param": None, "code": None}}, status=status)


class OpenAI:
    """The service."""

    def __init__(self, reception: visits.Reception, replier: repliers.Replier) -> None:
        self._reception = reception
        self._replier = replier

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/chat/completions", self._complete), web.get("/v1/models", self._models)]

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        async with self._reception.visit(authorised=_has_key(request)) as pace:
            try:
                asked = openai_messages.Request.model_validate_json(await request.read())
            except pydantic.ValidationError as error:
                raise self._reception.refusal(400, "The body is not understood.") from error
            self._reception.tally.models[asked.model] += 1
            self._reception.tally.tools.update(tool.function.name for tool in asked.tools)
            reply = self._replier.reply(asked.conversation(), asked.tool_names)
            answer = openai_messages.Answer(asked, reply, created=int(time.time()))
            await asyncio.sleep(pace.first_s())
            with contextlib.suppress(lines.LineCut, ConnectionError):
                return await (_stream if asked.stream else _whole)(request, answer, pace)
            return web.Response()

    async def _models(self, request: web.Request) -> web.StreamResponse:
        if not _has_key(request):
            raise self._reception.refusal(401, "The API key is missing.")
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "lab"} for name in MODELS]
        return web.json_response({"object": "list", "data": models})


async def _whole(request: web.Request, answer: openai_messages.Answer, pace: behaviours.Pace) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await lines.StreamLine(request, response, pace).send(json.dumps(answer.whole()).encode(), _GARBAGE)
    return response


async def _stream(request: web.Request, answer: openai_messages.Answer, pace: behaviours.Pace) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    line = lines.StreamLine(request, response, pace)
    for chunk in answer.chunks():
        await line.send(f"data: {json.dumps(chunk)}\n\n".encode(), _GARBAGE)
        await asyncio.sleep(pace.interval_s(TOKEN_INTERVAL_MS))
    await line.send(_DONE, _GARBAGE)
    return response


def _has_key(request: web.Request) -> bool:
    key = request.headers.get("Authorization", "")
    return key.lower().startswith(_BEARER) and bool(key[len(_BEARER) :].strip())

"""ElevenLabs' speech synthesis: the multi-context WebSocket, the one-shot request, and the list of voices."""

from __future__ import annotations

import asyncio
import contextlib

import pydantic
from aiohttp import WSMsgType, web

from lab import speech
from lab.providers import behaviours, contexts, elevenlabs_messages, lines, pcm, visits

MAX_CONTEXTS = 5
"""ElevenLabs' own limit of contexts on a socket; the sixth closes it."""
MAX_SOCKET_S = 4 * 3600.0
"""No phone call lasts longer."""
MAX_MESSAGE_BYTES = 64 * 1024
MAX_SPEAKING = 2
"""Texts made into speech at a time; the rest of the machine belongs to the calls."""
DEFAULT_VOICE = speech.Voice.SLT
"""Speaks for every voice that is not one of flite's by name."""

_POLICY_CLOSE_CODE = 1008
_GARBAGE = b"%"


def problem(status: int, message: str) -> web.Response:
    """An error as ElevenLabs words it."""
    names = {401: "invalid_api_key", 403: "output_format_not_allowed", 429: "too_many_concurrent_requests"}
    return web.json_response({"detail": {"status": names.get(status, "error"), "message": message}}, status=status)


class ElevenLabs:
    """The service."""

    def __init__(self, reception: visits.Reception) -> None:
        self._reception = reception
        self._programs = asyncio.Semaphore(MAX_SPEAKING)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/text-to-speech/{voice}/multi-stream-input", self._multi_stream),
            web.post("/v1/text-to-speech/{voice}/stream", self._one_shot),
            web.get("/v1/voices", self._voices),
        ]

    async def _multi_stream(self, request: web.Request) -> web.StreamResponse:
        async with self._reception.visit(authorised=_has_key(request)) as pace:
            query = self._query(request)
            self._count(request, query.model_id, query.rate)
            socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES)
            await socket.prepare(request)
            line = lines.SocketLine(request, socket, pace)
            with contextlib.suppress(lines.LineCut, TimeoutError, ConnectionError, asyncio.QueueFull):
                line.begin()
                async with asyncio.timeout(MAX_SOCKET_S):
                    await _Conversation(socket, line, self._voice(request, query, pace), query.inactivity_timeout).run()
            return socket

    async def _one_shot(self, request: web.Request) -> web.StreamResponse:
        async with self._reception.visit(authorised=_has_key(request)) as pace:
            query = self._query(request)
            try:
                wanted = elevenlabs_messages.OneShot.model_validate_json(await request.read())
            except pydantic.ValidationError as error:
                raise self._reception.refusal(422, "The body is not understood.") from error
            self._count(request, wanted.model_id, query.rate)
            asked_at = asyncio.get_running_loop().time()
            try:
                sound = await self._speak(request, wanted.text, query.rate)
            except speech.SpeechUnavailable as failed:
                raise self._reception.refusal(500, str(failed)) from failed
            await asyncio.sleep(asked_at + pace.first_s() - asyncio.get_running_loop().time())
            response = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
            line = lines.StreamLine(request, response, pace)
            with contextlib.suppress(lines.LineCut, ConnectionError):
                for chunk, _ in elevenlabs_messages.chunks("", sound, 0):
                    await line.send(chunk.linear16(), _GARBAGE)
                    await asyncio.sleep(pace.interval_s(contexts.CHUNK_INTERVAL_MS))
            return response

    async def _voices(self, request: web.Request) -> web.StreamResponse:
        if not _has_key(request):
            raise self._reception.refusal(401, "The API key is missing.")
        voices = [{"voice_id": name, "name": name, "category": "premade"} for name in speech.Voice]
        return web.json_response({"voices": voices})

    def _query(self, request: web.Request) -> elevenlabs_messages.Query:
        try:
            return elevenlabs_messages.Query.model_validate(dict(request.query))
        except pydantic.ValidationError as error:
            problems = error.errors()
            status = 403 if any(item["loc"][0] == "output_format" for item in problems) else 400
            message = "; ".join(f"{item['loc'][0]}: {item['msg']}" for item in problems)
            raise self._reception.refusal(status, message) from error

    def _count(self, request: web.Request, model: str, rate: int) -> None:
        tally = self._reception.tally
        tally.models[model] += 1
        tally.voices[request.match_info["voice"]] += 1
        tally.formats[f"pcm_{rate}"] += 1

    def _voice(self, request: web.Request, query: elevenlabs_messages.Query, pace: behaviours.Pace) -> contexts.Voice:
        return contexts.Voice(
            say=lambda text: self._speak(request, text, query.rate),
            pace=pace,
            auto=query.auto_mode,
            aligned=query.sync_alignment,
        )

    async def _speak(self, request: web.Request, text: str, rate: int) -> pcm.Sound:
        """The text in the voice of the path if flite has it: any voice id of ElevenLabs is accepted."""
        name = request.match_info["voice"]
        voice = speech.Voice(name) if name in list(speech.Voice) else DEFAULT_VOICE
        async with self._programs:
            spoken = await speech.say_async(text.strip(), voice)
        return pcm.Sound(samples=pcm.from_int16(spoken), rate=speech.RATE).at_rate(rate)


class _Conversation:
    """One multi-context socket."""

    def __init__(
        self, socket: web.WebSocketResponse, line: lines.SocketLine, voice: contexts.Voice, inactivity_s: int
    ) -> None:
        self._socket = socket
        self._line = line
        self._voice = voice
        self._inactivity_s = inactivity_s
        self._contexts: dict[str, contexts.Context] = {}

    async def run(self) -> None:
        """Serve the socket until either side ends it."""
        try:
            await self._receive()
        finally:
            for context in self._contexts.values():
                await context.cancel()

    async def _receive(self) -> None:
        while True:
            try:
                message = await self._socket.receive(timeout=self._inactivity_s)
            except TimeoutError:
                await self._socket.close(code=_POLICY_CLOSE_CODE, message=b"input_timeout_exceeded")
                return
            if message.type is not WSMsgType.TEXT:
                return
            if not await self._obey(message.data):
                await self._socket.close(code=_POLICY_CLOSE_CODE)
                return

    async def _obey(self, text: str) -> bool:
        """Do what a message says; whether the socket stays open."""
        self._forget_ended()
        try:
            message = elevenlabs_messages.ClientMessage.model_validate_json(text)
        except pydantic.ValidationError:
            await self._line.send(elevenlabs_messages.error("", "invalid_message", "The message is not understood."))
            return False
        if message.close_socket:
            return False
        if message.close_context:
            if context := self._contexts.get(message.context_id):
                await context.close()
            return True
        context = self._contexts.get(message.context_id) or await self._open(message)
        if context is not None:
            context.take(message.text, flush=message.flush)
        return context is not None

    async def _open(self, message: elevenlabs_messages.ClientMessage) -> contexts.Context | None:
        if len(self._contexts) >= MAX_CONTEXTS:
            reason = f"Maximum simultaneous contexts per WebSocket connection exceeded ({MAX_CONTEXTS})."
            await self._line.send(elevenlabs_messages.error(message.context_id, "max_active_conversations", reason))
            return None
        schedule = message.generation_config.chunk_length_schedule or elevenlabs_messages.CHUNK_SCHEDULE
        context = contexts.Context(message.context_id, self._line, self._voice, schedule)
        self._contexts[message.context_id] = context
        return context

    def _forget_ended(self) -> None:
        """Drop contexts that are done, and raise what ended one that failed."""
        ended = [name for name, context in self._contexts.items() if context.task.done()]
        for name in ended:
            task = self._contexts.pop(name).task
            if not task.cancelled():
                task.result()


def _has_key(request: web.Request) -> bool:
    return bool(request.headers.get("xi-api-key", "").strip())

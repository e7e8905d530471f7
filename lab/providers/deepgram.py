"""Deepgram's streaming recognition, v1: `GET /v1/listen` as a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import uuid

import pydantic
from aiohttp import WSMsgType, web

from lab.providers import behaviours, deepgram_messages, lines, listening, pcm, utterances, visits

IDLE_S = 12.0
"""Deepgram closes a socket after 10 to 12 s without sound or KeepAlive."""
MAX_SOCKET_S = 4 * 3600.0
"""No phone call lasts longer."""
MAX_MESSAGE_BYTES = 256 * 1024
"""A client sends 50 to 100 ms a message: 19 kB at most."""
INTERIM_MS = 200
"""Sound between interim results, unless the behaviour says otherwise."""

_SLICE_S = 0.1
"""Sound that is compared before other tasks get their turn."""
_IDLE_CLOSE_CODE = 1011
_IDLE_REASON = b"NET-0001: neither audio nor a text message within the timeout window"
_AUTHORISATION = "token "


def problem(status: int, message: str) -> web.Response:
    """An error as Deepgram words it."""
    codes = {400: "INVALID_QUERY_PARAMETER", 401: "INVALID_AUTH", 429: "TOO_MANY_REQUESTS"}
    document = {"err_code": codes.get(status, "ERROR"), "err_msg": message, "request_id": str(uuid.uuid4())}
    return web.json_response(document, status=status)


class Deepgram:
    """The service."""

    def __init__(self, reception: visits.Reception, corpus: utterances.Corpus) -> None:
        self._reception = reception
        self._corpus = corpus

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/listen", self._listen)]

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get("Authorization", "")
        has_key = key.lower().startswith(_AUTHORISATION) and bool(key[len(_AUTHORISATION) :].strip())
        async with self._reception.visit(authorised=has_key) as pace:
            query = self._query(request)
            self._reception.tally.models[query.model] += 1
            self._reception.tally.formats[f"{query.encoding}/{query.sample_rate}"] += 1
            socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES)
            await socket.prepare(request)
            line = lines.SocketLine(request, socket, pace)
            with contextlib.suppress(lines.LineCut, TimeoutError, ConnectionError, asyncio.QueueFull):
                line.begin()
                async with asyncio.timeout(MAX_SOCKET_S):
                    await _Hearing(socket, line, pace, query, self._corpus).run()
            return socket

    def _query(self, request: web.Request) -> deepgram_messages.Query:
        try:
            return deepgram_messages.Query.model_validate(dict(request.query))
        except pydantic.ValidationError as error:
            wrong = ", ".join(sorted(str(item["loc"][0]) for item in error.errors()))
            raise self._reception.refusal(400, f"Missing or unsupported: {wrong}") from error


class _Hearing:
    """One socket: sound and control messages in, results out."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        line: lines.SocketLine,
        pace: behaviours.Pace,
        query: deepgram_messages.Query,
        corpus: utterances.Corpus,
    ) -> None:
        self._socket = socket
        self._line = line
        self._pace = pace
        self._query = query
        self._request_id = str(uuid.uuid4())
        self._outbox = lines.Outbox(line)
        self._listener = listening.Listener(
            corpus,
            listening.Habits(
                rate=query.sample_rate,
                pause_ms=query.endpointing or 0,
                utterance_end_ms=query.utterance_end_ms if query.interim_results else None,
                interim_ms=pace.interval_ms(INTERIM_MS),
            ),
        )

    async def run(self) -> None:
        """Serve the socket until either side ends it."""
        sender = asyncio.create_task(self._outbox.run(), name="deepgram results")
        try:
            await self._receive(sender)
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, lines.LineCut, TimeoutError, ConnectionError):
                await sender

    async def _receive(self, sender: asyncio.Task[None]) -> None:
        while not sender.done():
            try:
                message = await self._socket.receive(timeout=IDLE_S)
            except TimeoutError:
                await self._socket.close(code=_IDLE_CLOSE_CODE, message=_IDLE_REASON)
                return
            if message.type is WSMsgType.BINARY:
                await self._hear(message.data)
            elif message.type is not WSMsgType.TEXT:
                return
            elif await self._obey(message.data):
                await self._finish(sender)
                return

    async def _hear(self, sound: bytes) -> None:
        samples = pcm.from_mulaw(sound) if self._query.encoding == "mulaw" else pcm.from_linear16(sound)
        step = int(self._query.sample_rate * _SLICE_S)
        for begin in range(0, len(samples), step):
            for event in self._listener.feed(samples[begin : begin + step]):
                self._report(event)
            await asyncio.sleep(0)

    async def _obey(self, text: str) -> bool:
        """Do what a control message says; whether it ends the stream. Deepgram ignores what it does not know."""
        try:
            control = deepgram_messages.Control.model_validate_json(text)
        except pydantic.ValidationError:
            return False
        if control.type != "KeepAlive" and (result := self._listener.finalize()):
            message = deepgram_messages.results(result, self._query, self._request_id, from_finalize=True)
            self._outbox.put(message, self._pace.first_s())
        return control.type == "CloseStream" and not self._line.is_stalled

    def _report(self, event: listening.Event) -> None:
        match event:
            case listening.Started() if self._query.vad_events:
                self._outbox.put(deepgram_messages.speech_started(event))
            case listening.Ended():
                self._outbox.put(deepgram_messages.utterance_end(event), self._pace.first_s())
            case listening.Result() if event.is_final or self._query.interim_results:
                message = deepgram_messages.results(event, self._query, self._request_id)
                self._outbox.put(message, self._pace.first_s())
            case _:
                pass

    async def _finish(self, sender: asyncio.Task[None]) -> None:
        self._outbox.put(deepgram_messages.metadata(self._query, self._request_id, self._listener.duration_s))
        self._outbox.end()
        await sender
        await self._socket.close()

"""A receiver of webhooks on this machine that checks each signature and prints what came."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import json
import pathlib
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from aiohttp import web

from callcore import clock, errors, events, signing
from cli import webhook_lines, webhook_secrets

_HOST = "127.0.0.1"
_MOST_BYTES = 2 << 20  # of a body; dispatch sends half of it at most
_MOST_IDS = 10_000  # that are remembered; the oldest is forgotten first
_NO_BODY = frozenset({204, 205, 304})
_SHUTDOWN_S = 1.0


class PortTaken(errors.Unavailable):
    """The port cannot be listened on."""

    public_code = "port_taken"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What `trunkline webhooks listen` was asked for."""

    port: int
    """0 for a free one."""
    status: int
    """To answer with where the signature holds."""
    reply: pathlib.Path | None
    """JSON to answer pre-call webhooks with."""
    show_numbers: bool
    as_json: bool


def run(wanted: Options, secret_env: Sequence[str] | None, secret_file: Sequence[pathlib.Path] | None) -> None:
    """Take webhooks until Ctrl-C or SIGTERM.

    Raises:
        BadInput: there is no secret to check with, or what to reply is no JSON.
        PortTaken: somebody else listens there.
    """
    sink = Sink(wanted, webhook_secrets.read(secret_env, secret_file), clock.SystemClock())
    asyncio.run(_until_interrupted(sink, wanted.port))


class Sink:
    """Checks, counts, prints and answers webhooks."""

    def __init__(self, wanted: Options, secrets: Sequence[signing.Secret], time: clock.Clock) -> None:
        self.app = web.Application(client_max_size=_MOST_BYTES)
        self.app.router.add_post("/{path:.*}", self._take)
        self.over = asyncio.Event()
        """Set when there is nothing more to do."""
        self.broken: BrokenPipeError | None = None
        """What printing failed with, once nobody reads any more."""
        self._wanted = wanted
        self._secrets = secrets
        self._clock = time
        self._reply = None if wanted.reply is None else _json_text(wanted.reply)
        self._times: collections.OrderedDict[str, int] = collections.OrderedDict()

    async def _take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        now = self._clock.now()
        try:
            message_id = signing.verify(request.headers, raw, self._secrets, now)
            body = _object(raw)
        except errors.BadInput as refused:
            reason = refused.reason.value if isinstance(refused, signing.SignatureRefused) else refused.public_code
            with self._reader():
                webhook_lines.refused(now, reason, refused.message, as_json=self._wanted.as_json)
            return web.json_response({"error": reason}, status=401)
        answer = self._answer(body)
        came = webhook_lines.Taken(
            id=message_id, at=now, times=self._count(message_id), body=body, status=answer.status
        )
        with self._reader():
            webhook_lines.taken(came, show_numbers=self._wanted.show_numbers, as_json=self._wanted.as_json)
        return answer

    def _answer(self, body: dict[str, Any]) -> web.Response:
        status = self._wanted.status
        if self._reply is not None and body.get("type") == events.EventType.PRE_CALL:
            return web.Response(
                status=200 if status in _NO_BODY else status, text=self._reply, content_type="application/json"
            )
        return web.Response(status=status)

    @contextlib.contextmanager
    def _reader(self) -> Iterator[None]:
        """Whoever reads what is printed; without one this is over, and the sender gets its answer all the same."""
        try:
            yield
        except BrokenPipeError as error:
            self.broken = error
            self.over.set()

    def _count(self, message_id: str) -> int:
        """How often this id has come, this time included."""
        times = self._times.pop(message_id, 0) + 1
        self._times[message_id] = times
        if len(self._times) > _MOST_IDS:
            self._times.popitem(last=False)
        return times


async def _until_interrupted(sink: Sink, port: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, sink.over.set)
    await serve(sink, port, sink.over.wait)
    if sink.broken is not None:
        raise sink.broken


async def serve(sink: Sink, port: int, until: Callable[[], Awaitable[object]]) -> None:
    """Listen for as long as `until` waits; says where on stderr.

    Raises:
        PortTaken: somebody else listens there.
    """
    runner = web.AppRunner(sink.app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, _HOST, port).start()
        except OSError as error:
            raise PortTaken(f"Cannot listen on {_HOST}:{port}: {error.strerror}.") from None
        where = f"{_HOST}:{runner.addresses[0][1]}"
        allowed = f'`webhooks: {{allow: ["{where}"]}}` in organization.yaml lets webhooks go there'
        sys.stderr.write(f"listening on http://{where}; {allowed}\n")
        sys.stderr.flush()
        await until()
    finally:
        await runner.cleanup()


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise errors.BadInput("the signature holds, and the body is no JSON object")
    return body


def _json_text(file: pathlib.Path) -> str:
    try:
        text = file.read_text("utf-8")
        json.loads(text)
    except OSError as error:
        raise errors.BadInput(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise errors.BadInput(f"{file} is no JSON") from None
    return text

"""Surroundings for doctor's checks, and servers on loopback for them to ask."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pydantic

from cli.diagnosing import surroundings, yaml_files
from dispatch import settings as dispatch_settings
from worker import settings as worker_settings

API_KEY = "tl_doctor_0123456789abcdef"
INTERNAL_SECRET = "internal-secret-of-forty-characters-or-so"
LIVEKIT_SECRET = "livekit-secret-of-forty-characters-or-so"


def dispatch(**changes: Any) -> dispatch_settings.DispatchSettings:
    """Dispatch's settings, from nothing but these."""
    given = {
        "trunkline_api_key": API_KEY,
        "trunkline_internal_secret": INTERNAL_SECRET,
        "livekit_url": "ws://127.0.0.1:1",
        "livekit_api_key": "key",
        "livekit_api_secret": LIVEKIT_SECRET,
    }
    return dispatch_settings.DispatchSettings(_env_file=None, **{**given, **changes})


def worker(**changes: Any) -> worker_settings.WorkerSettings:
    """A worker's settings."""
    given: dict[str, Any] = {
        "livekit_url": "ws://127.0.0.1:1",
        "livekit_api_key": "key",
        "livekit_api_secret": pydantic.SecretStr(LIVEKIT_SECRET),
        "trunkline_internal_secret": pydantic.SecretStr(INTERNAL_SECRET),
    }
    return worker_settings.WorkerSettings(_env_file=None, **{**given, **changes})


def around(**changes: Any) -> surroundings.Surroundings:
    """Nothing is there but what is given."""
    none = {
        "sip_yaml": yaml_files.YamlFile(path=Path("sip.yaml"), values=None, problem="there is no sip.yaml"),
        "livekit_yaml": yaml_files.YamlFile(path=Path("livekit.yaml"), values=None, problem="there is no livekit.yaml"),
    }
    return surroundings.Surroundings(**{**none, **changes})


def yaml(**values: Any) -> yaml_files.YamlFile:
    return yaml_files.YamlFile(path=Path("given.yaml"), values=values)


def closed_port() -> int:
    """A port of loopback at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def answering(replies: Mapping[bytes, bytes], otherwise: bytes = b"") -> AsyncIterator[int]:
    """A server whose answer depends on the first word found in what it is sent; its port. Speaks RESP if told so."""

    over: list[asyncio.Event] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        over.append(asyncio.Event())
        mine = over[-1]
        with contextlib.suppress(OSError):
            while sent := await reader.read(4096):
                writer.write(next((reply for word, reply in replies.items() if word in sent), otherwise))
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        mine.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in over:
            await connection.wait()

"""Asks a Redis server whether it is there (RESP, redis.io/docs/reference/protocol-spec). Nothing else of it is used."""

from __future__ import annotations

import asyncio
import contextlib
import urllib.parse

from callcore import errors

_DEFAULT_PORT = 6379


class RedisUnavailable(errors.Unavailable):
    """Redis does not answer."""

    public_code = "redis_unavailable"


async def ping(url: str, timeout_s: float) -> None:
    """Connect, log in if the URL says how, and PING.

    Raises:
        RedisUnavailable: no connection, no answer in time, or a refusal.
    """
    parts = urllib.parse.urlsplit(url)
    commands: list[tuple[str, ...]] = [("PING",)]
    if parts.password:
        login = (urllib.parse.unquote(part) for part in (parts.username, parts.password) if part)
        commands.insert(0, ("AUTH", *login))
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or _DEFAULT_PORT)
            try:
                for command in commands:
                    writer.write(_encode(command))
                    if not (await reader.readline()).startswith(b"+"):
                        raise RedisUnavailable("Redis refused")
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError) as error:
        raise RedisUnavailable(f"Redis does not answer: {type(error).__name__}") from None


def _encode(command: tuple[str, ...]) -> bytes:
    words = [word.encode() for word in command]
    return b"".join([b"*%d\r\n" % len(words), *(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)])

"""Asks Redis a few questions (RESP2, redis.io/docs/reference/protocol-spec) and reads the answers."""

from __future__ import annotations

import asyncio
import dataclasses
import urllib.parse
from collections.abc import Mapping, Sequence

from callcore import errors
from cli.diagnosing import surroundings

_DEFAULT_PORT = 6379
_MOST_ELEMENTS = 10_000  # no answer that is asked for here has more
_MOST_BYTES = 1_000_000
_ASK_S = 2.0  # within a check's own deadline, so that the reason is this one


class RedisSilent(errors.Unavailable):
    """Redis does not answer."""


class RedisRefused(errors.Conflict):
    """Redis wants other credentials."""


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Redis's own error, as the answer to one question: `NOPERM`, `ERR` and so on."""

    code: str


Reply = str | int | Refusal | list["Reply"] | None


async def ask(where: surroundings.RedisAccess, *questions: str) -> list[Reply]:
    """The answers to some commands, each given as its words with blanks between them.

    Raises:
        RedisSilent: no connection, or what answers is no Redis.
        RedisRefused: the log-in failed.
    """
    try:
        async with asyncio.timeout(_ASK_S):
            return await _ask_all(where, questions)
    except TimeoutError:
        raise RedisSilent(f"{where} does not answer within {_ASK_S} s") from None


async def _ask_all(where: surroundings.RedisAccess, questions: Sequence[str]) -> list[Reply]:
    try:
        reader, writer = await asyncio.open_connection(where.host, where.port)
    except OSError as error:
        raise RedisSilent(f"{where} does not answer: {error.strerror or type(error).__name__}") from None
    try:
        if where.password:
            login = ["AUTH", *filter(None, [where.username]), where.password]
            if isinstance(await _ask(reader, writer, login), Refusal):
                raise RedisRefused(f"{where} refuses the password")
        answers = [await _ask(reader, writer, question.split()) for question in questions]
    except (OSError, ValueError, asyncio.IncompleteReadError) as error:
        raise RedisSilent(f"what answers at {where} is no Redis ({type(error).__name__})") from None
    finally:
        writer.close()
    if any(isinstance(answer, Refusal) and answer.code == "NOAUTH" for answer in answers):
        raise RedisRefused(f"{where} wants a password")
    return answers


async def setting(where: surroundings.RedisAccess, name: str) -> str | None:
    """A setting of the server; None where it may not be asked for.

    Raises:
        RedisSilent: as `ask`.
        RedisRefused: as `ask`.
    """
    (answer,) = await ask(where, f"CONFIG GET {name}")
    match answer:
        case [_, str(value)]:
            return value
        case _:
            return None


def access(url: str | None, livekit_redis: Mapping[str, object]) -> surroundings.RedisAccess | None:
    """Where Redis is: as the URL says, or as the `redis:` of livekit.yaml or sip.yaml does."""
    if url:
        try:
            parts = urllib.parse.urlsplit(url)
            port = parts.port or _DEFAULT_PORT
        except ValueError:
            return None
        username, password = (urllib.parse.unquote(part or "") for part in (parts.username, parts.password))
        return surroundings.RedisAccess(parts.hostname or "127.0.0.1", port, username, password)
    host, _, port_text = str(livekit_redis.get("address", "")).rpartition(":")
    if not host or not port_text.isdecimal() or livekit_redis.get("use_tls") or livekit_redis.get("tls"):
        return None
    username, password = (str(livekit_redis.get(name) or "") for name in ("username", "password"))
    return surroundings.RedisAccess(host.strip("[]"), int(port_text), username, password)


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: list[str]) -> Reply:
    encoded = [word.encode() for word in words]
    writer.write(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))
    return await _reply(reader)


async def _reply(reader: asyncio.StreamReader, depth: int = 0) -> Reply:
    line = (await reader.readuntil(b"\r\n"))[:-2].decode("utf-8", "replace")
    kind, rest = line[:1], line[1:]
    if kind == "+":
        return rest
    if kind == "-":
        return Refusal(rest.partition(" ")[0])
    if kind == ":":
        return int(rest)
    size = int(rest)
    if kind == "$" and size <= _MOST_BYTES:
        return None if size < 0 else (await reader.readexactly(size + 2))[:-2].decode("utf-8", "replace")
    if kind == "*" and size <= _MOST_ELEMENTS and depth < 3:
        return None if size < 0 else [await _reply(reader, depth + 1) for _ in range(size)]
    raise ValueError("not RESP")

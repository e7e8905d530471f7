"""The one way by which a webhook leaves: guarded, bounded, without redirects, cookies and proxies."""

from __future__ import annotations

import asyncio
import dataclasses
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import aiohttp

from callcore import addresses
from dispatch.webhooks import faults, pools

MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are read, after decompression."""

_FAILURES = (aiohttp.ClientError, OSError, ValueError, addresses.ForbiddenTarget)
"""What a request raises for what others do. A `TimeoutError` is an `OSError`."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came of one request."""

    status_code: int | None = None
    """None where nothing was answered."""
    error: str | None = None
    """`faults.Fault`; None where an answer came whole, whatever it says."""
    latency_s: float = 0.0
    """From the first step to the last."""
    body: bytes = b""
    """At most `MAX_ANSWER`."""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Of the answer, in any letter case."""

    @property
    def is_success(self) -> bool:
        """Whether the endpoint took it: any 2xx, and nothing else."""
        return self.status_code is not None and 200 <= self.status_code < 300


class Poster(Protocol):
    """Sends a body, as `Client.post`: for those that need no more of it."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], within_s: float) -> Answer: ...


class Client:
    """Sends webhooks; owned by the application."""

    def __init__(self, allowed: Callable[[], addresses.Allowed], *, tls: ssl.SSLContext | None = None) -> None:
        """Make nothing yet: connections belong to the loop that runs at the first request.

        Args:
            allowed: where webhooks may go beyond the public internet, asked at each request.
            tls: whom to trust instead of the system's authorities.
        """
        self._pools = pools.Pools(allowed, tls)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], within_s: float) -> Answer:
        """Send a body. Whatever the network and the endpoint do, nothing is raised.

        Args:
            url: where it goes.
            body: sent as it is.
            headers: besides those that every request has.
            within_s: for everything, from the look-up of the name to the last byte of the answer.
        """
        began = time.monotonic()
        seen = _Seen()
        error: str | None = None
        try:
            async with asyncio.timeout(within_s):
                error = await self._ask(url, body, headers, seen)
        except _FAILURES as failure:
            error = faults.of(failure).value
        return Answer(
            status_code=seen.status_code,
            error=error,
            latency_s=time.monotonic() - began,
            body=bytes(seen.body),
            headers=seen.headers,
        )

    async def _ask(self, url: str, body: bytes, headers: Mapping[str, str], seen: _Seen) -> str | None:
        pool = await self._pools.take()
        try:
            asked = pool.session.post(pool.target(url), data=body, headers=headers, allow_redirects=False)
            async with asked as response:
                seen.status_code, seen.headers = response.status, response.headers
                is_whole = await _read(response.content, seen.body)
                if not is_whole:
                    response.close()  # what is left of it is not waited for
        finally:
            await self._pools.give_back(pool)
        if 300 <= response.status < 400:
            return faults.Fault.REDIRECT.value
        return None if is_whole else faults.Fault.TOO_LARGE.value

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pools.aclose()


@dataclasses.dataclass(slots=True)
class _Seen:
    """As much of an answer as has come, also where the rest never does."""

    status_code: int | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytearray = dataclasses.field(default_factory=bytearray)


async def _read(content: aiohttp.StreamReader, into: bytearray) -> bool:
    """Read up to the bound; whether that was all."""
    while len(into) < MAX_ANSWER:
        # A bounded read inflates no more than it needs, however much a small body would swell.
        part = await content.read(MAX_ANSWER - len(into))
        if not part:
            return True
        into += part
        if content.at_eof():
            return True
    return content.at_eof()

"""The commands' way to LiveKit's API, as the environment tells it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

import yarl
from livekit import api

from callcore import errors
from dispatch.livekit import client

_NEEDED = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
_SCHEMES = frozenset({"ws", "wss", "http", "https"})


@contextlib.asynccontextmanager
async def connected(environment: Mapping[str, str], limit_s: float) -> AsyncIterator[api.LiveKitAPI]:
    """LiveKit's API for so long at most.

    Raises:
        ConfigurationInvalid: the environment does not say where it is, or with which key.
        Unavailable: it does not answer, or not in time.
    """
    missing = [
        f"{name} is not set: it says how to reach livekit-server." for name in _NEEDED if not environment.get(name)
    ]
    if missing:
        raise errors.ConfigurationInvalid(missing)
    url, key, secret = (environment[name] for name in _NEEDED)
    if not _is_address(url):
        raise errors.ConfigurationInvalid(["LIVEKIT_URL must be an address such as ws://127.0.0.1:7880."])
    try:
        async with asyncio.timeout(limit_s), client.connect(url, key, secret) as livekit:
            yield livekit
    except TimeoutError:
        raise errors.Unavailable(f"{url} took longer than {limit_s:g} s; run this again to finish.") from None
    except errors.Unavailable as error:
        raise errors.Unavailable(f"{url} does not answer as it should. {error.message}") from None


def _is_address(url: str) -> bool:
    """Whether it is a URL of a server, with no user name in it."""
    try:
        parts = yarl.URL(url)
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.host) and parts.user is None and parts.password is None

"""Connections to a server that an agent's `base_url` names: every dial passes the address guard.

The vendors' own hosts are no settings, and are reached as the plugins do it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar, cast

import aiohttp

from callcore import addresses

_KEEPALIVE_S = 120  # and the limit below: as the session that plugins share in a job
_CONNECTIONS = 50


class _Closing(Protocol):
    async def aclose(self) -> None: ...


Plugin = TypeVar("Plugin", bound=_Closing)


def session(base_url: str) -> aiohttp.ClientSession:
    """A session that dials the internet, and this server wherever it is.

    Raises:
        ForbiddenTarget: the URL is none that a server may have.
    """
    allowed = addresses.check_base_url(base_url)
    # callcore does without aiohttp: its resolver has the shape of aiohttp's, and is no subclass.
    resolver = cast(aiohttp.abc.AbstractResolver, addresses.Resolver(aiohttp.DefaultResolver()))
    connector = aiohttp.TCPConnector(
        limit_per_host=_CONNECTIONS,
        keepalive_timeout=_KEEPALIVE_S,
        resolver=resolver,
        socket_factory=addresses.socket_factory(allowed),
    )
    return aiohttp.ClientSession(connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())


def owning(plugin: Plugin, close: Callable[[], Awaitable[None]]) -> Plugin:
    """The plugin, which closes its connections with itself: those that are given to a plugin are not its own."""
    itself = plugin.aclose

    async def aclose() -> None:
        try:
            await itself()
        finally:
            await close()

    plugin.aclose = aclose  # type: ignore[method-assign]  # a subclass would go by another name in logs and metrics
    return plugin

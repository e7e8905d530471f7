"""An HTTP client for targets that configuration or an API can aim: it dials nothing that the address guard refuses."""

from __future__ import annotations

import ssl
from typing import cast

import aiohttp

from callcore import addresses

_DNS_CACHE_S = 10
"""How long an address may be used after it was looked up; every dial looks at it again."""


def connector(
    allowed: addresses.Policy,
    *,
    limit: int = 100,
    limit_per_host: int = 0,
    tls: ssl.SSLContext | None = None,
    resolver: aiohttp.abc.AbstractResolver | None = None,
) -> aiohttp.TCPConnector:
    """A pool whose every dial passes the guard.

    Args:
        allowed: what may be dialed besides the internet, or how to learn it at each dial. Connections that stand are
            not looked at again: where less is allowed than before, the pool must be dropped.
        limit: most connections at a time.
        limit_per_host: most to one host and port; 0 for no limit of its own.
        tls: how servers prove who they are; by default by the authorities that the system trusts.
        resolver: looks names up; by default the system's.
    """
    looked_up = addresses.Resolver(resolver or aiohttp.DefaultResolver())
    return aiohttp.TCPConnector(
        limit=limit,
        limit_per_host=limit_per_host,
        ssl=tls or True,
        # callcore does without aiohttp: its resolver has the shape of aiohttp's, and is no subclass.
        resolver=cast(aiohttp.abc.AbstractResolver, looked_up),
        ttl_dns_cache=_DNS_CACHE_S,
        socket_factory=addresses.socket_factory(allowed),
    )


def session(pool: aiohttp.TCPConnector, *, auto_decompress: bool = True) -> aiohttp.ClientSession:
    """A session without what would go around the guard or between targets: proxies of the environment, and cookies.

    Requests must be made with `allow_redirects=False`: a redirect would lead to a URL that nobody has checked.
    """
    return aiohttp.ClientSession(
        connector=pool, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=auto_decompress
    )


def is_refusal(error: BaseException) -> bool:
    """Whether a request failed because the guard refused the name, or the last of its addresses to be tried."""
    return isinstance(getattr(error, "os_error", error), addresses.ForbiddenAddress)

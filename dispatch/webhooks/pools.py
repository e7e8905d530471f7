"""Guarded connections to endpoints. Kept ones are not looked at again: a change of what is allowed begins anew."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import aiohttp
import yarl

from callcore import addresses
from dispatch.webhooks import lookups

_KEEP_S = 4.0  # shorter than common servers: one that closes while we send would cost an attempt
_TARGETS = 1000  # that are remembered as checked
_HEADERS = {"Content-Type": "application/json", "User-Agent": "Trunkline"}


class Pool:
    """The connections that one policy allows."""

    def __init__(self, allowed: addresses.Allowed, tls: ssl.SSLContext | None) -> None:
        self.allowed = allowed
        self.uses = 0
        self._targets: dict[str, yarl.URL] = {}
        connector = aiohttp.TCPConnector(
            limit=0,  # who sends bounds how much at once, for each endpoint by itself
            ssl=tls or True,
            keepalive_timeout=_KEEP_S,
            resolver=addresses.Resolver(lookups.Lookups()),  # type: ignore[arg-type]  # a resolver by its methods
            socket_factory=addresses.socket_factory(allowed),
        )
        self.session = aiohttp.ClientSession(
            connector=connector,
            headers=_HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # whoever asks has one for everything
        )

    def target(self, url: str) -> yarl.URL:
        """A URL as it is requested.

        Raises:
            ForbiddenTarget: no webhook may go there.
            ValueError: it is no URL.
        """
        if (known := self._targets.get(url)) is not None:
            return known
        addresses.check_url(url, self.allowed)
        if len(self._targets) >= _TARGETS:
            self._targets.clear()
        return self._targets.setdefault(url, yarl.URL(url))


class Pools:
    """The pool of the present policy, and former ones for as long as they are in use."""

    def __init__(self, allowed: Callable[[], addresses.Allowed], tls: ssl.SSLContext | None) -> None:
        self._allowed = allowed
        self._tls = tls
        self._present: Pool | None = None
        self._is_closed = False

    async def take(self) -> Pool:
        """The pool for one request, to be given back after it.

        Raises:
            ClientConnectionError: the process ends.
        """
        if self._is_closed:
            raise aiohttp.ClientConnectionError("closed")
        allowed = self._allowed()
        pool = self._present
        if pool is None or pool.allowed != allowed:
            pool = Pool(allowed, self._tls)
            await self._replace(pool)
        pool.uses += 1
        return pool

    async def give_back(self, pool: Pool) -> None:
        """End the use of a pool."""
        pool.uses -= 1
        if pool is not self._present and not pool.uses:
            await pool.session.close()

    async def aclose(self) -> None:
        """Close every connection that is not in use; those that are go with their request."""
        self._is_closed = True
        await self._replace(None)

    async def _replace(self, pool: Pool | None) -> None:
        former, self._present = self._present, pool
        if former is not None and not former.uses:
            await former.session.close()

"""The lease for changing LiveKit's objects, asked of dispatch, which changes them as well."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

import aiohttp

from callcore import errors
from cli import api
from dispatch import leases

_REQUEST_S = 3.0  # dispatch answers in milliseconds, or is out
_TTL_S = 10  # a killed command keeps others from applying for no longer, nor dispatch from mending what Redis lost
_PROLONG_EVERY_S = 3.0  # one prolongation may be lost
_PATH = f"/internal/leases/{leases.APPLY}"
_SILENCE = (aiohttp.ClientError, TimeoutError, ValueError)


@contextlib.asynccontextmanager
async def held(environment: Mapping[str, str], url: str | None, *, note: Callable[[str], None]) -> AsyncIterator[None]:
    """Hold it for the length of the block, where dispatch answers; else go ahead and say so.

    Raises:
        Conflict: somebody else has it; the message says who and until when.
    """
    secret = environment.get("TRUNKLINE_INTERNAL_SECRET")
    if not secret:
        note("TRUNKLINE_INTERNAL_SECRET is not set, so dispatch is not told of this")
        yield
        return
    async with _session(secret) as http:
        lease = _Lease(http, api.dispatch_url(url, environment))
        if not await lease.take(note):
            yield
            return
        prolonging = asyncio.create_task(lease.prolong())
        try:
            yield
        finally:
            prolonging.cancel()
            await asyncio.wait({prolonging})
            await lease.give_back()


async def served_version(environment: Mapping[str, str], url: str | None) -> str | None:
    """The version of the configuration that dispatch decides calls by; None where it does not tell."""
    try:
        async with _session() as http, http.get(f"{api.dispatch_url(url, environment)}/readyz") as response:
            body = await response.json(content_type=None)
    except _SILENCE:
        return None
    version = body.get("configurationVersion") if isinstance(body, dict) else None
    return version if isinstance(version, str) else None


class _Lease:
    """One holder's lease."""

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self._http = http
        self._base = base
        self._holder = leases.holder("trunkline apply")

    async def take(self, note: Callable[[str], None]) -> bool:
        """Ask for it; False where dispatch does not grant leases.

        Raises:
            Conflict: somebody else has it, or dispatch does not trust us.
        """
        try:
            status, body = await self._post()
        except _SILENCE:
            note(f"dispatch does not answer at {self._base}, so nobody else is kept from applying")
            return False
        match status:
            case 200 if isinstance(body, dict) and "until" in body:
                return True
            case 401:
                raise errors.Conflict(
                    f"Nothing was changed: dispatch at {self._base} does not take this TRUNKLINE_INTERNAL_SECRET."
                )
            case 409:
                detail = body.get("detail", "") if isinstance(body, dict) else ""
                raise errors.Conflict(f"Nothing was changed: {detail}")
        note(f"dispatch at {self._base} grants no lease ({status}), so nobody else is kept from applying")
        return False

    async def prolong(self) -> None:
        """Keep it from running out, until cancelled."""
        while True:
            await asyncio.sleep(_PROLONG_EVERY_S)
            with contextlib.suppress(*_SILENCE):  # where dispatch has gone, nobody else gets the lease either
                await self._post()

    async def give_back(self) -> None:
        with contextlib.suppress(*_SILENCE):  # it runs out by itself
            async with self._http.delete(self._base + _PATH, params={"holder": self._holder}) as response:
                await response.read()

    async def _post(self) -> tuple[int, object]:
        wanted = {"holder": self._holder, "ttl_s": _TTL_S}
        async with self._http.post(self._base + _PATH, json=wanted) as response:
            return response.status, await response.json(content_type=None)


def _session(secret: str | None = None) -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=_REQUEST_S), trust_env=False)

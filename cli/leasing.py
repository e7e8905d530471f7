"""The lease for changing LiveKit's objects, asked of dispatch, which changes them as well."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import aiohttp

from callcore import errors
from cli import api
from dispatch import leases

_REQUEST_S = 3.0  # dispatch answers in milliseconds, or is out
_PATH = f"/internal/leases/{leases.APPLY}"


@contextlib.asynccontextmanager
async def held(
    environment: Mapping[str, str], url: str | None, *, ttl_s: int, note: Callable[[str], None]
) -> AsyncIterator[str | None]:
    """Hold it for the length of the block, where dispatch answers; else go ahead and say so.

    Yields:
        The version of the configuration that dispatch serves; None where it does not answer.

    Raises:
        Conflict: somebody else has it; the message says who and until when.
    """
    base = api.dispatch_url(url, environment)
    secret = environment.get("TRUNKLINE_INTERNAL_SECRET")
    if not secret:
        note("TRUNKLINE_INTERNAL_SECRET is not set, so dispatch is not told of this")
        yield None
        return
    headers = {"Authorization": f"Bearer {secret}"}
    limit = aiohttp.ClientTimeout(total=_REQUEST_S)
    async with aiohttp.ClientSession(headers=headers, timeout=limit, trust_env=False) as http:
        holder = leases.holder("trunkline apply")
        granted = await _take(http, base, {"holder": holder, "ttl_s": ttl_s}, note)
        try:
            yield granted
        finally:
            if granted is not None:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):  # it runs out by itself
                    await (await http.delete(base + _PATH, params={"holder": holder})).read()


async def _take(
    http: aiohttp.ClientSession, base: str, wanted: dict[str, Any], note: Callable[[str], None]
) -> str | None:
    try:
        async with http.post(base + _PATH, json=wanted) as response:
            body = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        note(f"dispatch does not answer at {base}, so nobody else is kept from applying")
        return None
    detail = body.get("detail", "") if isinstance(body, dict) else ""
    match response.status:
        case 200:
            return str(body["configuration"])
        case 401:
            raise errors.Conflict(f"dispatch at {base} does not take this TRUNKLINE_INTERNAL_SECRET")
        case 409:
            raise errors.Conflict(f"Nothing was changed: {detail}")
        case status:
            note(f"dispatch at {base} grants no lease ({status}), so nobody else is kept from applying")
            return None

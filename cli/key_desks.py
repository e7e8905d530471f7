"""Where `trunkline keys` has keys made, listed and revoked: at dispatch, or where it is out at its database."""

from __future__ import annotations

import asyncio
import json
import urllib.parse
from collections.abc import Mapping
from typing import Protocol

import aiohttp

from callcore import errors
from cli import api

_REQUEST_S = 5.0  # dispatch answers in milliseconds, or is out
_PATH = "/internal/keys"
_PAGE = 200


class Desk(Protocol):
    """Looks after keys, in the shapes of the API."""

    def create(self, wanted: api.Json) -> api.Json:
        """A new key, with its secret."""
        ...

    def all(self) -> list[api.Json]:
        """Every key, newest first."""
        ...

    def revoke(self, key_id: str) -> None:
        """Have a key open nothing any more."""
        ...


class AtDispatch:
    """Asks a running dispatch.

    Every request raises:
        DispatchUnavailable: nobody answers.
        TrunklineError: dispatch refuses; says why.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {secret}"}

    def create(self, wanted: api.Json) -> api.Json:
        return asyncio.run(self._request("POST", body=wanted))

    def all(self) -> list[api.Json]:
        return asyncio.run(self._all())

    def revoke(self, key_id: str) -> None:
        asyncio.run(self._request("DELETE", "/" + urllib.parse.quote(key_id, safe="")))

    async def _all(self) -> list[api.Json]:
        found: list[api.Json] = []
        query = {"limit": str(_PAGE)}
        while True:
            page = await self._request("GET", query=query)
            found += page["items"]
            if page["nextCursor"] is None:
                return found
            query["cursor"] = page["nextCursor"]

    async def _request(
        self, method: str, below: str = "", *, query: Mapping[str, str] | None = None, body: api.Json | None = None
    ) -> api.Json:
        limit = aiohttp.ClientTimeout(total=_REQUEST_S)
        try:
            async with (
                aiohttp.ClientSession(headers=self._headers, timeout=limit, trust_env=False) as http,
                http.request(method, self._url + _PATH + below, params=query, json=body) as response,
            ):
                text = await response.text()
        except aiohttp.InvalidURL:
            raise errors.ConfigurationInvalid([f"{self._url} is not a URL such as http://127.0.0.1:8080"]) from None
        except (aiohttp.ClientError, TimeoutError):
            raise errors.DispatchUnavailable(f"dispatch does not answer at {self._url}") from None
        if response.status == 204:
            return {}
        answer = self._object(text)
        if response.ok:
            return answer
        raise self._refusal(response.status, answer)

    def _object(self, text: str) -> api.Json:
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise api.ApiRefused(f"what answers at {self._url} does not speak like dispatch")
        return answer

    def _refusal(self, status: int, problem: api.Json) -> errors.TrunklineError:
        if status == 401:
            return api.ApiRefused(f"dispatch at {self._url} does not take this TRUNKLINE_INTERNAL_SECRET")
        wrong = [f"{error['path']}: {error['message']}" for error in problem.get("errors") or ()]
        return api.ApiRefused("; ".join(wrong) or str(problem.get("detail") or f"dispatch answered {status}"))

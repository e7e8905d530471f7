"""Where `trunkline keys` has keys made, listed and revoked: at dispatch, or where it is out at its database."""

from __future__ import annotations

import urllib.parse
from typing import Protocol

from cli import api, asking

VARIABLE = "TRUNKLINE_INTERNAL_SECRET"

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
        self._access = api.Access(url=url, key=secret, variable=VARIABLE)

    def create(self, wanted: api.Json) -> api.Json:
        return asking.at(self._access, lambda client: client.ask("POST", _PATH, body=wanted))

    def all(self) -> list[api.Json]:
        return asking.at(self._access, _all)

    def revoke(self, key_id: str) -> None:
        asking.at(self._access, lambda client: client.ask("DELETE", f"{_PATH}/{urllib.parse.quote(key_id, safe='')}"))


async def _all(client: api.Api) -> list[api.Json]:
    found: list[api.Json] = []
    query = {"limit": str(_PAGE)}
    while True:
        page = await client.ask("GET", _PATH, query)
        found += page["items"]
        if page["nextCursor"] is None:
            return found
        query["cursor"] = page["nextCursor"]

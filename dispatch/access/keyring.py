"""The keys that open `/v1`: those of the environment, and those of the store."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from sqlalchemy.ext import asyncio as sa_async

from callcore import clock
from dispatch.access import api_keys, last_uses
from dispatch.store import api_keys as rows
from dispatch.store import engine

_FRESH_S = 1.0  # how long a good key is taken for one without asking the store
_REMEMBERED = 1000

_log = structlog.get_logger(__name__)


class Keyring:
    """Finds keys. Those of the environment are found while the store is out, too."""

    def __init__(
        self, store: engine.Store, timepiece: clock.Clock, of_environment: Iterable[api_keys.ApiKey] = ()
    ) -> None:
        self._store = store
        self._clock = timepiece
        self._of_environment = {key.id: key for key in of_environment}
        self._good: dict[str, tuple[api_keys.ApiKey, float]] = {}
        """Of the store, with the monotonic time from which it must be asked again."""
        self._revocations = 0
        self.uses = last_uses.LastUses(store, timepiece)

    async def find(self, text: str) -> api_keys.ApiKey | None:
        """The key that a text is; None for one that is unknown, wrong, revoked or no key at all.

        What is no good key always costs one look into the store, whether its id is known or not.

        Raises:
            StoreUnavailable: nobody can tell.
        """
        presented = api_keys.read(text)
        if presented is None:
            return None
        own = self._of_environment.get(presented.id)
        if presented.opens(own.digest if own else b""):
            return own
        key = self._remembered(presented) or await self._look_up(presented)
        if key is not None:
            self.uses.note(key.id)
        return key

    async def still_opens(self, key: api_keys.ApiKey) -> bool:
        """Whether a key that was found earlier has not been revoked since, as what goes on for long has to ask.

        Raises:
            StoreUnavailable: nobody can tell.
        """
        if key.id in self._of_environment:
            return True
        presented = api_keys.Presented(id=key.id, digest=key.digest)
        return (self._remembered(presented) or await self._look_up(presented)) is not None

    async def holds(self, tx: sa_async.AsyncConnection, key_id: str) -> bool:
        """Whether there is a key of this id that is not revoked, by what a transaction sees."""
        return key_id in self._of_environment or await rows.is_good(tx, key_id)

    def forget(self, key_id: str) -> None:
        """A key was revoked here: it opens nothing from now on."""
        self._revocations += 1  # what is being looked up now may have been read before
        self._good.pop(key_id, None)

    async def settle(self) -> None:
        """Leave those keys of the environment to the store that it has: what was made with few scopes, or revoked,
        stays so where somebody puts it into the environment for the sake of a client.

        Raises:
            StoreUnavailable: nobody can tell.
        """
        async with self._store.reading() as tx:
            known = await rows.are_known(tx, self._of_environment)
        for key_id in known:
            _log.warning("a key of TRUNKLINE_API_KEY is in the store, whose scopes count", key_id=key_id)
            del self._of_environment[key_id]

    async def is_empty(self) -> bool:
        """Whether no key opens anything.

        Raises:
            StoreUnavailable: nobody can tell.
        """
        if self._of_environment:
            return False
        async with self._store.reading() as tx:
            return not await rows.has_any(tx)

    def _remembered(self, presented: api_keys.Presented) -> api_keys.ApiKey | None:
        key, until = self._good.get(presented.id, (None, 0.0))
        is_fresh = key is not None and self._clock.monotonic() < until
        return key if is_fresh and presented.opens(key.digest if key else b"") else None

    async def _look_up(self, presented: api_keys.Presented) -> api_keys.ApiKey | None:
        revocations, until = self._revocations, self._clock.monotonic() + _FRESH_S
        async with self._store.reading() as tx:
            key = await rows.match(tx, presented)
        if key is not None and revocations == self._revocations:
            if len(self._good) >= _REMEMBERED:
                self._good.clear()
            self._good[key.id] = key, until
        return key

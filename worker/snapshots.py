"""The routing snapshot that the worker keeps for the time when dispatch is out."""

from __future__ import annotations

import asyncio
import logging
import pathlib
from collections.abc import Mapping

import pydantic

from callcore import contract, errors
from sip_config import snapshots
from worker import dispatch_client
from worker.providers import registry

_log = logging.getLogger(__name__)

_POLL_S = 5.0
_FETCH_S = 5.0
_FIRST_S = 15.0  # how long a starting worker waits for a dispatch that starts beside it
_RETRY_S = 0.5


def read(path: pathlib.Path) -> snapshots.Snapshot | None:
    """The snapshot on disk; None where there is none that can be read."""
    try:
        return snapshots.Snapshot.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, pydantic.ValidationError) as error:
        _log.error("the snapshot on disk is damaged or of another version: %s", type(error).__name__)
        return None


def agents(snapshot: snapshots.Snapshot | None) -> list[contract.AgentPlan]:
    """Every agent that may answer, once, with its texts as templates."""
    return snapshot.plans() if snapshot else []


class SnapshotKeeper:
    """Fetches the snapshot, keeps it on disk for the jobs, and looks at its providers."""

    def __init__(
        self, dispatch: dispatch_client.DispatchClient, path: pathlib.Path, environment: Mapping[str, str]
    ) -> None:
        self._dispatch = dispatch
        self._path = path
        self._environment = environment
        self._etag: str | None = None
        self._complaint: str | None = None

    async def take_first(self) -> None:
        """Have a snapshot before the first call, from dispatch or from an earlier run.

        Raises:
            ConfigurationInvalid: an agent names a provider that cannot work here; every problem is named.
        """
        try:
            async with asyncio.timeout(_FIRST_S):
                while not await self._refresh():
                    await asyncio.sleep(_RETRY_S)
        except TimeoutError:
            _log.warning("no snapshot comes from dispatch; starting with that of an earlier run, if there is one")
        if problems := self._problems():
            raise errors.ConfigurationInvalid(problems)

    async def keep_fresh(self) -> None:
        """Follow dispatch's configuration until cancelled."""
        while True:
            await asyncio.sleep(_POLL_S)
            before = self._etag
            if await self._refresh() and self._etag != before:
                for problem in await asyncio.to_thread(self._problems):
                    _log.error("the new configuration cannot work on this worker: %s", problem)

    async def _refresh(self) -> bool:
        """Bring the snapshot on disk up to date; whether it is."""
        try:
            fetched = await self._dispatch.fetch_snapshot(self._etag, _FETCH_S)
            if fetched is not None:
                await asyncio.to_thread(self._write, fetched[0])
                self._etag = fetched[1]
        except errors.DispatchUnavailable as error:
            self._complain(error.message)
            return False
        except OSError as error:
            self._complain(f"it cannot be written ({type(error).__name__})")
            return False
        self._complaint = None
        return True

    def _complain(self, complaint: str) -> None:
        """Log why the snapshot ages; once, as long as the reason is the same."""
        if complaint != self._complaint:
            self._complaint = complaint
            _log.warning("the routing snapshot is not brought up to date: %s", complaint)

    def _write(self, snapshot: snapshots.Snapshot) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.chmod(0o600)  # one that was left over may be open to others
        fresh.write_text(snapshot.model_dump_json())
        fresh.replace(self._path)

    def _problems(self) -> list[str]:
        return [
            f"agent {agent.agent_id}: {problem}"
            for agent in agents(read(self._path))
            for problem in registry.check(agent, self._environment)
        ]

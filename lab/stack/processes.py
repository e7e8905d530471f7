"""A component of the lab: a process that can be started, stopped, killed and brought back by tests."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.stack import errors, guard

REAP_S = 5.0  # from SIGKILL to the end of a process, on a loaded machine
LAST_LINES = 12  # of the output, in the report of a failure: enough for a traceback's end


@dataclass(frozen=True, kw_only=True)
class Command:
    """How a component is started and stopped.

    Attributes:
        name: of the component in reports, and of its log file.
        folder: its working directory.
        stop_signal: what asks it to end.
        grace_s: how long it may take to end before it is killed.
        ready_s: how long it may take to be ready.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    stop_signal: signal.Signals
    grace_s: float
    ready_s: float


@dataclass(kw_only=True, eq=False)
class _Run:
    child: guard.Child
    told_to_end: bool = False


class Process:
    """One component over all its runs.

    Args:
        keeper: starts it and hears of its end.
        command: what to run.
        ready: returns when the component serves; called anew after each start, and cancelled when the process ends
            or its time is over.
    """

    def __init__(self, keeper: guard.Guard, command: Command, ready: Callable[[Process], Awaitable[None]]) -> None:
        self.name = command.name
        self.log = keeper.folder / f"{command.name}.log"
        self._guard = keeper
        self._command = command
        self._ready = ready
        self._run: _Run | None = None
        self._log_start = 0
        self.failed: asyncio.Future[errors.ComponentFailed] = asyncio.get_running_loop().create_future()
        """Done when it has ended without having been told to, with how."""

    @property
    def running(self) -> bool:
        """Whether the process is there; it may not be ready yet."""
        return self._run is not None and not self._run.child.ended.done()

    @property
    def pid(self) -> int:
        """The process id of the current run.

        Raises:
            LabError: it is not running.
        """
        if self._run is None or not self.running:
            raise errors.LabError(f"{self.name} is not running")
        return self._run.child.pid

    async def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            ComponentFailed: it could not be executed, ended, or was not ready in time.
        """
        if self.running:
            raise errors.LabError(f"{self.name} is already running")
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        command = self._command
        try:
            child = await self._guard.spawn(
                command.argv, environment=command.environment, folder=command.folder, log=self.log
            )
        except OSError as error:
            raise errors.ComponentFailed(self.name, f"could not be started: {error}", "") from error
        self._run = run = _Run(child=child)
        child.ended.add_done_callback(lambda _: self._note_end(run))
        await self._until_ready(child)

    def vary(self, variables: Mapping[str, str]) -> None:
        """From its next start on, these environment variables go before those it was made with."""
        environment = {**self._command.environment, **variables}
        self._command = dataclasses.replace(self._command, environment=environment)

    async def send_signal(self, signum: signal.Signals) -> None:
        """Send it a signal that does not end it, such as SIGHUP.

        Raises:
            LabError: it is not running.
        """
        if self._run is None or not self.running:
            raise errors.LabError(f"{self.name} is not running")
        await self._guard.signal(self._run.child, signum)

    async def stop(self, grace_s: float | None = None) -> None:
        """Ask it to end, and kill it when it takes longer than its grace (or this one)."""
        if self._run is None or not self.running:
            return
        self._run.told_to_end = True
        await self._guard.signal(self._run.child, self._command.stop_signal)
        await asyncio.wait([self._run.child.ended], timeout=self._command.grace_s if grace_s is None else grace_s)
        await self.kill()

    async def kill(self) -> None:
        """End it with SIGKILL. Its own children are left to what the component itself provides for that."""
        if self._run is None or not self.running:
            return
        self._run.told_to_end = True
        await self._guard.signal(self._run.child, signal.SIGKILL)
        async with asyncio.timeout(REAP_S):
            await asyncio.shield(self._run.child.ended)

    async def restart(self) -> None:
        """Stop it and start it again, on the same ports and with the same data."""
        await self.stop()
        await self.start()

    def output(self) -> str:
        """What the current or last run has printed so far."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    async def _until_ready(self, child: guard.Child) -> None:
        ready = asyncio.ensure_future(self._ready(self))
        child.ended.add_done_callback(lambda _: ready.cancel())  # a dead component is not waited for
        try:
            await asyncio.wait([ready], timeout=self._command.ready_s)
            if child.ended.done():
                raise self._failure(_ended(child.ended.result()))
            if not ready.done():
                raise self._failure(f"was not ready after {self._command.ready_s:.0f} s")
        finally:
            ready.cancel()
            await asyncio.gather(ready, return_exceptions=True)
        ready.result()

    def _note_end(self, run: _Run) -> None:
        if not run.told_to_end and not self.failed.done():
            self.failed.set_result(self._failure(_ended(run.child.ended.result())))

    def _failure(self, what: str) -> errors.ComponentFailed:
        return errors.ComponentFailed(self.name, what, "\n".join(self.output().splitlines()[-LAST_LINES:]))


def _ended(returncode: int) -> str:
    if returncode < 0:
        return f"was killed by {signal.Signals(-returncode).name}"
    return f"ended with exit code {returncode}"

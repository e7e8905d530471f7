"""Where the components of one lab live: its folder, ports and credentials, and the keeper that runs them."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.stack import configs, guard, ports, processes


@dataclass(frozen=True, kw_only=True)
class Site:
    """What every component of one lab shares.

    Attributes:
        environment: that every component gets; its own variables come on top.
    """

    guard: guard.Guard
    ports: ports.Ports
    access: configs.LiveKitAccess
    environment: Mapping[str, str] = field(repr=False)

    def process(
        self,
        name: str,
        argv: Sequence[str],
        ready: Callable[[processes.Process], Awaitable[None]],
        *,
        variables: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace_s: float = 5.0,
        ready_s: float = 20.0,
    ) -> processes.Process:
        """A component that is not started yet, with a working directory and a log file of its own."""
        command = processes.Command(
            name=name,
            argv=argv,
            # What a killed component leaves in TMPDIR is to go with the lab, too.
            environment={**self.environment, **(variables or {}), "TMPDIR": str(self.folder("tmp"))},
            folder=self.folder(name),
            stop_signal=stop_signal,
            grace_s=grace_s,
            ready_s=ready_s,
        )
        return processes.Process(self.guard, command, ready)

    def folder(self, name: str) -> Path:
        """A folder in the lab's own, made if need be."""
        folder = self.guard.folder / name
        folder.mkdir(exist_ok=True)
        return folder

    def file(self, name: str, text: str) -> Path:
        """A file in the lab's folder that only this user may read: most hold secrets."""
        path = self.guard.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path

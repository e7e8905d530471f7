"""The lab's end of the keeper: starts and signals processes through it, and hears of their ends."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lab.stack import errors, keeper

ANSWER_S = 10.0  # the keeper answers in a millisecond; a machine this slow cannot run a call
CLOSE_S = keeper.TAKE_DOWN_S + 5.0  # the keeper's own limit, and some for removing the folder
LINE_LIMIT = 1 << 20  # bytes; a line holds at most one process's environment


@dataclass(frozen=True, kw_only=True, eq=False)
class Child:
    """One run of a process: its id, and its return code once it has ended (minus the signal that killed it)."""

    pid: int
    ended: asyncio.Future[int]


class Guard:
    """A keeper and the folder it will remove.

    Use as `async with await Guard.start(...)`: leaving the block kills every process started through it, with all
    descendants, and removes the folder. The keeper does the same when this process dies without leaving the block.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.folder = Path()
        self.pid = process.pid
        self._process = process
        self._reader = reader
        self._writer = writer
        self._closing = False
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[keeper.Reply]] = {}
        self._children: dict[int, Child] = {}
        self._listener: asyncio.Task[None] | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def start(cls, environment: Mapping[str, str], held_fds: Sequence[int] = ()) -> Self:
        """Start a keeper.

        Args:
            environment: of the keeper; `TMPDIR` says where its folder goes.
            held_fds: open files that are to stay open as long as any component may run.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    # Isolated and without site-packages: it needs neither, and starts in a third of the time.
                    *(sys.executable, "-I", "-S", keeper.__file__, str(theirs.fileno()), str(os.getpid())),
                    env=dict(environment),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(), *held_fds),
                    start_new_session=True,
                )
            reader, writer = await asyncio.open_connection(sock=ours, limit=LINE_LIMIT)
        except BaseException:
            ours.close()
            raise
        guard = cls(process, reader, writer)
        try:
            async with asyncio.timeout(ANSWER_S):
                hello: keeper.Reply = json.loads(await reader.readline())
        except BaseException:
            await guard.close()
            raise
        guard.folder = Path(hello["folder"])
        guard._listener = asyncio.create_task(guard._listen(), name="lab-guard")
        return guard

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def spawn(self, argv: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path) -> Child:
        """Start a program in a session of its own, its output appended to `log`.

        Raises:
            OSError: it could not be executed.
            GuardLost: the keeper is gone.
        """
        reply = await self._ask(
            {"op": "spawn", "argv": list(argv), "env": dict(environment), "cwd": str(folder), "log": str(log)}
        )
        if "error" in reply:
            raise OSError(f"{argv[0]}: {reply['error']}")
        return self._children[reply["pid"]]

    async def signal(self, child: Child, signum: signal.Signals) -> None:
        """Send a signal; nothing happens if the process has ended."""
        if not child.ended.done():
            await self._ask({"op": "signal", "pid": child.pid, "signal": int(signum)})

    async def close(self) -> None:
        """Kill everything, remove the folder, and wait until that is done."""
        self._closing = True
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        self._release_waiters()
        if self.folder != Path():
            # Only where the keeper itself was killed is there anything left to remove.
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def _ask(self, request: keeper.Request) -> keeper.Reply:
        if self.lost.done() or self._closing:
            raise errors.GuardLost("the lab is down")
        number = next(self._numbers)
        answer: asyncio.Future[keeper.Reply] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        self._writer.write(json.dumps({**request, "id": number}).encode() + b"\n")
        async with asyncio.timeout(ANSWER_S):
            return await answer

    async def _listen(self) -> None:
        try:
            while line := await self._reader.readline():
                self._hear(json.loads(line))
        except ConnectionError:
            pass
        finally:
            self._release_waiters()

    def _hear(self, message: keeper.Reply) -> None:
        if message.get("event") == "exit":
            self._children[message["pid"]].ended.set_result(message["returncode"])
            return
        if "pid" in message:
            # Made here and not by the asker, who may wake up after the exit has been heard.
            ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self._children[message["pid"]] = Child(pid=message["pid"], ended=ended)
        answer = self._answers.pop(message["id"])
        if not answer.done():
            answer.set_result(message)

    def _release_waiters(self) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(errors.GuardLost("the lab's keeper process has ended"))
                answer.exception()  # its asker may have stopped waiting
        for child in self._children.values():
            if not child.ended.done():
                child.ended.set_result(-signal.SIGKILL)

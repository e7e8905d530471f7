"""The keeper: a small process between the lab and everything the lab starts, so that nothing outlives the lab.

It is the parent of every component and, by `PR_SET_CHILD_SUBREAPER`, the heir of every orphan among their descendants,
whatever session or process group those moved to. When the lab closes its socket or dies, even by SIGKILL, the keeper
kills all its descendants, removes the lab's folder and exits. Linux only.

It runs as a script of its own with the standard library alone, so that it starts in milliseconds and stays small.
One JSON object per line in both directions: requests carry an `id` and are answered under it; an exit is an event.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import TypedDict

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
TAKE_DOWN_S = 10.0  # a process that survives SIGKILL this long hangs in the kernel; waiting longer would not help
READ_BYTES = 65_536

_libc = ctypes.CDLL(None, use_errno=True)


class Request(TypedDict, total=False):
    """A line from the lab: `op` is `spawn` (with argv, env, cwd, log) or `signal` (with pid, signal)."""

    id: int
    op: str
    argv: list[str]
    env: dict[str, str]
    cwd: str
    log: str
    pid: int
    signal: int


class Reply(TypedDict, total=False):
    """A line to the lab: the answer to request `id`, or an `event` (`ready` with folder, `exit` with returncode)."""

    id: int
    event: str
    folder: str
    pid: int
    returncode: int
    delivered: bool
    error: str


class Keeper:
    """Starts, signals and reaps processes for the lab at the other end of `lab`, and outlives only it."""

    def __init__(self, lab: socket.socket, folder: str) -> None:
        self._lab = lab
        self._folder = folder
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._unread = b""

    def serve(self, lab_pid: int) -> None:
        """Answer the lab until it closes its socket or is gone."""
        children_changed, wakeup = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            lab_exit = os.pidfd_open(lab_pid)
        except ProcessLookupError:
            return
        self._send({"event": "ready", "folder": self._folder})
        while True:
            readable, _, _ = select.select([self._lab.fileno(), children_changed, lab_exit], [], [])
            if children_changed in readable:
                with contextlib.suppress(BlockingIOError):
                    os.read(children_changed, READ_BYTES)
                self._reap()
            if lab_exit in readable:
                return
            if self._lab.fileno() in readable and not self._receive():
                return

    def take_down(self) -> None:
        """Kill every descendant, also those forked while this runs, and reap them all."""
        deadline = time.monotonic() + TAKE_DOWN_S
        while time.monotonic() < deadline:
            for pid in descendants(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            try:
                while os.waitpid(-1, os.WNOHANG) != (0, 0):
                    pass
            except ChildProcessError:
                return  # no child left: as the subreaper we would have inherited any orphan
            time.sleep(0.005)

    def _receive(self) -> bool:
        try:
            received = self._lab.recv(READ_BYTES)
        except ConnectionError:
            return False
        if not received:
            return False
        *lines, self._unread = (self._unread + received).split(b"\n")
        for line in lines:
            self._answer(json.loads(line))
        return True

    def _answer(self, request: Request) -> None:
        reply: Reply = {"id": request["id"]}
        try:
            if request["op"] == "spawn":
                reply["pid"] = self._spawn(request)
            else:
                reply["delivered"] = self._signal(request["pid"], request["signal"])
        except OSError as error:
            reply["error"] = str(error)
        self._send(reply)

    def _spawn(self, request: Request) -> int:
        with open(request["log"], "ab") as log:
            process = subprocess.Popen(
                request["argv"],
                env=request["env"],
                cwd=request["cwd"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the terminal's Ctrl-C is for the lab, which takes its parts down in order
                preexec_fn=_die_with_parent,
            )
        self._running[process.pid] = process
        return process.pid

    def _signal(self, pid: int, signum: int) -> bool:
        if pid not in self._running:  # reaped: the number may belong to a stranger by now
            return False
        os.kill(pid, signum)
        return True

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            process = self._running.pop(pid, None)
            if process is None:  # an orphan that we inherited
                continue
            process.returncode = os.waitstatus_to_exitcode(status)
            self._send({"event": "exit", "pid": pid, "returncode": process.returncode})

    def _send(self, reply: Reply) -> None:
        with contextlib.suppress(ConnectionError):  # the lab is gone: the next select says so
            self._lab.sendall(json.dumps(reply).encode() + b"\n")


def descendants(ancestor: int) -> list[int]:
    """All living processes below `ancestor`, from /proc; zombies are left out, they need reaping and not killing."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if not entry.isdecimal():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as stat:
                # proc(5): "pid (comm) state ppid ..."; comm may itself hold blanks and parentheses.
                state, parent = stat.read().rpartition(b")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != b"Z":
            children.setdefault(int(parent), []).append(int(entry))
    found: list[int] = []
    unvisited = [ancestor]
    while unvisited:
        below = children.get(unvisited.pop(), [])
        found += below
        unvisited += below
    return found


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _ignore_signals() -> None:
    # Handlers and not SIG_IGN, which the components would inherit.
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda *_: None)


def main(lab_fd: int, lab_pid: int) -> None:
    """Serve the lab on `lab_fd` until it ends, then leave nothing behind."""
    _ignore_signals()
    if _libc.prctl(PR_SET_CHILD_SUBREAPER, 1) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")
    folder = tempfile.mkdtemp(prefix="trunkline-lab-")
    with socket.socket(fileno=lab_fd) as lab:
        lab.set_inheritable(False)
        keeper = Keeper(lab, folder)
        try:
            keeper.serve(lab_pid)
        finally:
            keeper.take_down()
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

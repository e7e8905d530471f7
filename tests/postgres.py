"""A Postgres server of the tests' own, from Debian's packages: a folder that is thrown away, and a socket in it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence

import asyncpg

_READY_S = 30.0
_STOP_S = 30.0
_PROGRAMS = "/usr/lib/postgresql"
_ACCOUNT = "postgres"  # made by the package; the server refuses to run as root
_USER = "trunkline"
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "log_min_messages": "fatal",
    "jit": "off",
}
_WITHOUT_THE_DISK = {"fsync": "off", "full_page_writes": "off"}  # what is committed survives this server's own crash


class NotInstalled(Exception):
    """Postgres is not installed: run scripts/setup, or `apt-get install postgresql`."""


class Server:
    """One server; it ends with the thread that started it, so start it from the main one.

    Args:
        folder: an empty one, for everything it keeps.
        is_safe: what is committed survives a crash of the machine, as in production, and costs what it costs there.
    """

    def __init__(self, folder: pathlib.Path, *, is_safe: bool = False) -> None:
        self._folder = folder
        self._settings = _SETTINGS if is_safe else _SETTINGS | _WITHOUT_THE_DISK
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            account = pwd.getpwnam(_ACCOUNT)
            os.chown(folder, account.pw_uid, account.pw_gid)
        made = ("--auth", "trust", "--username", _USER, "--encoding", "UTF8", "--locale", "C", "--no-sync")
        subprocess.run(self._as_account("initdb", "--pgdata", self._data, *made), check=True, stdout=subprocess.DEVNULL)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{_USER}@/{database}?host={self._folder}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._as_account("postgres", "-D", self._data, "-k", str(self._folder), *options),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _READY_S
        while subprocess.run([_program("pg_isready"), "--quiet", "--host", self._folder], check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self._folder / "log").read_text())
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it, by default at once and as a crash would: SIGQUIT is Postgres's immediate shutdown."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_STOP_S)
            self._process = None

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements, each in a transaction of its own."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url(database))
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _as_account(self, program: str, *words: str) -> Sequence[str]:
        account = ("--reuid", _ACCOUNT, "--regid", _ACCOUNT, "--clear-groups") if os.geteuid() == 0 else ()
        return ("setpriv", *account, "--pdeathsig", "INT", str(_program(program)), *words)


@contextlib.contextmanager
def running(*, is_safe: bool = False) -> Iterator[Server]:
    """A server for the length of the block.

    Raises:
        NotInstalled: see there.
    """
    folder = pathlib.Path(tempfile.mkdtemp(prefix="trunkline-pg-"))  # short: a socket's path has 107 bytes
    try:
        server = Server(folder, is_safe=is_safe)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> pathlib.Path:
    found = [path for path in pathlib.Path(_PROGRAMS).glob(f"*/bin/{name}") if path.parts[-3].isdigit()]
    if not found:
        raise NotInstalled(NotInstalled.__doc__)
    return max(found, key=lambda path: int(path.parts[-3]))

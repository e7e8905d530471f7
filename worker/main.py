"""The worker's main process: reads the settings, keeps others out of its folder, runs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pathlib
import signal
from collections.abc import Iterator

from callcore import errors
from worker import logs, settings, workers


def main() -> None:
    """Run a worker until SIGTERM or SIGINT, then let its calls finish.

    Raises:
        ConfigurationInvalid: the environment or the configuration cannot work; nothing was started.
    """
    config = settings.load()
    logs.configure(config.trunkline_log_level)
    os.umask(0o077)  # the spool holds phone numbers and what was said: nobody else reads it
    with _only_one(config.worker_dir):
        asyncio.run(_run(config))


async def _run(config: settings.WorkerSettings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with workers.assembled(config) as worker:
        await worker.run_until(stopping)


@contextlib.contextmanager
def _only_one(folder: pathlib.Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise errors.ConfigurationInvalid([f"TRUNKLINE_STATE_DIR: {folder} cannot be used: {error.strerror}"]) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise errors.ConfigurationInvalid(
                [f"another worker uses {folder}; give each worker a TRUNKLINE_STATE_DIR of its own"]
            ) from None
        yield

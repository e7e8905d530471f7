"""What `trunkline doctor` does: read what there is, run the checks, print, and come to an end whatever hangs."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import pathlib
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.diagnosing import rounds, surroundings

_THREADS = "doctor"
_MOST_THREADS = 16
_JOIN_S = 0.2  # for threads that are just ending


def examine(config: pathlib.Path | None, sip_yaml: pathlib.Path, livekit_yaml: pathlib.Path, *, as_json: bool) -> int:
    """Print what was found; the exit code: 0 when nothing failed, else 1."""
    try:
        from cli.diagnosing import reports, surroundings
    except ImportError as error:
        sys.stderr.write(f"this installation is not complete, {error.name} is missing: install Trunkline again\n")
        return 1
    results = _run(surroundings.Options(config=config, sip_yaml=sip_yaml, livekit_yaml=livekit_yaml))
    for line in [reports.as_json(results)] if as_json else reports.lines(results):
        sys.stdout.write(f"{line}\n")
    code = 0 if reports.is_well(results) else 1
    _leave_threads_behind(code)
    return code


def _run(options: surroundings.Options) -> Sequence[rounds.Result]:
    """Run the checks on a loop that does not wait for its threads.

    `asyncio.run` would: and a name server that is gone, or a network drive, holds a thread for minutes.
    """
    loop = asyncio.new_event_loop()
    loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix=_THREADS))
    try:
        return loop.run_until_complete(_look(options))
    finally:
        loop.close()


async def _look(options: surroundings.Options) -> list[rounds.Result]:
    from cli.diagnosing import rounds, surroundings, table

    return await rounds.run(table.CHECKS, await surroundings.look(options))


def _leave_threads_behind(code: int) -> None:
    """End the process at once where a thread hangs: the interpreter would wait for it."""
    ours = [thread for thread in threading.enumerate() if thread.name.startswith(_THREADS)]
    for thread in ours:
        thread.join(_JOIN_S)
    if any(thread.is_alive() for thread in ours):
        sys.stdout.flush()
        os._exit(code)

"""Can the state be written, and is there room for it?"""

from __future__ import annotations

import asyncio
import os
import pathlib
import shutil
import tempfile

from cli.diagnosing import findings, surroundings

WARN_BYTES = 1 << 30
FAIL_BYTES = 100 << 20


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """TRUNKLINE_STATE_DIR, of dispatch and of the worker."""
    given = around.dispatch or around.worker
    if given is None:
        return findings.skipped("the settings are not valid")
    return await asyncio.to_thread(_look, given.trunkline_state_dir)


def _look(folder: pathlib.Path) -> findings.Finding:
    existing = next((path for path in (folder, *folder.absolute().parents) if path.exists()), pathlib.Path("/"))
    give = "give TRUNKLINE_STATE_DIR a folder that this user may write"
    try:
        if existing == folder:
            with tempfile.TemporaryFile(dir=folder):
                pass
        elif not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            return findings.failed(f"{folder} is not there and cannot be made", give)
        free = shutil.disk_usage(existing).free
    except OSError as error:
        return findings.failed(f"{folder} cannot be written: {error.strerror}", give)
    seen = f"{folder} is {'writable' if existing == folder else 'to be made'}, {free / (1 << 30):.1f} GiB free"
    if free < FAIL_BYTES:
        return findings.failed(seen, "make room: reports of calls are lost when the disk is full")
    if free < WARN_BYTES:
        return findings.warning(seen, "make room")
    return findings.ok(seen)

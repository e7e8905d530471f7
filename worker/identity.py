"""Who this worker is: one name, kept over restarts, for its reports and for the calls that its jobs announce."""

from __future__ import annotations

import datetime as dt
import pathlib

from callcore import ids


def ensure(path: pathlib.Path, now: dt.datetime) -> str:
    """The worker's id; made at its first start. Only the main process calls this, before there are jobs."""
    if not path.exists() or not ids.is_id(ids.WORKER, read(path)):  # a crash may have left a part of it
        path.write_text(ids.new(ids.WORKER, now))
    return read(path)


def read(path: pathlib.Path) -> str:
    """The id that the main process has put there."""
    return path.read_text().strip()

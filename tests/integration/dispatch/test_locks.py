"""One dispatch for each database file."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from dispatch.store import sqlite

pytestmark = pytest.mark.integration


def test_a_second_process_on_the_same_file_is_refused(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "trunkline.db"
    program = (
        "import pathlib, sys; from dispatch.store import sqlite\n"
        "with sqlite.FileLock(pathlib.Path(sys.argv[1])): print('locked', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(sqlite.DatabaseInUse, match=r"Another dispatch is using .*trunkline\.db"):
            sqlite.FileLock(file).__enter__()
        holder.kill()
    with sqlite.FileLock(file):
        pass

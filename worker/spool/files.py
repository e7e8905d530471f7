"""A spool on disk: one append-only file of JSON lines, and beside it how much of it dispatch has."""

from __future__ import annotations

import itertools
import json
import logging
import os
import pathlib
from collections.abc import Iterator, Sequence

import pydantic

from callcore import contract

_log = logging.getLogger(__name__)

_LINES, _ACKNOWLEDGED, _UNREADABLE = ".jsonl", ".ack", ".unreadable"
_LONGEST_LINE = 1024 * 1024  # bytes; how far from the end of a file its last whole line is looked for


class Unreadable(ValueError):
    """A line of the spool cannot be read by this version."""


class SpoolFile:
    """One spool. Lines are numbered from 1; nothing is ever rewritten. Not safe for two writers."""

    def __init__(self, folder: pathlib.Path, spool_id: str) -> None:
        self.spool_id = spool_id
        self._path = folder / f"{spool_id}{_LINES}"
        self._ack_path = folder / f"{spool_id}{_ACKNOWLEDGED}"
        self._file = self._path.open("ab", buffering=0)
        self.size = self._without_torn_tail()
        """Bytes on disk."""
        self.last = self._count()
        self.acknowledged, self._offset = self._read_acknowledged()

    @property
    def is_empty(self) -> bool:
        """Dispatch has all of it."""
        return self.acknowledged >= self.last

    def append(self, lines: Sequence[contract.SpoolLine]) -> None:
        """Write lines and wait until the disk has them. Their numbers must go on from `last`.

        Raises:
            OSError: the disk is full or broken; the file is as it was before.
        """
        if [line.line for line in lines] != list(range(self.last + 1, self.last + 1 + len(lines))):
            raise ValueError("spool lines must be numbered without a gap")
        data = b"".join(line.model_dump_json().encode() + b"\n" for line in lines)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
            os.fdatasync(self._file.fileno())
        except OSError:
            os.truncate(self._path, self.size)
            raise
        self.size += len(data)
        self.last += len(lines)

    def pending(self, limit: int) -> tuple[contract.SpoolLine, ...]:
        """The first lines that dispatch does not have yet, at most `limit`.

        Raises:
            Unreadable: the first of them cannot be read.
        """
        count = min(limit, self.last - self.acknowledged)
        lines: list[contract.SpoolLine] = []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for raw in itertools.islice(file, count):
                try:
                    # A line of an earlier version may have fields that this one no longer knows.
                    lines.append(contract.SpoolLine.model_validate_json(raw, extra="ignore"))
                except pydantic.ValidationError:
                    if not lines:
                        raise Unreadable(f"line {self.acknowledged + 1} of {self.spool_id}") from None
                    break
        return tuple(lines)

    def acknowledge(self, line: int) -> None:
        """Remember that dispatch has everything up to `line`."""
        if line <= self.acknowledged:
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for _ in range(min(line, self.last) - self.acknowledged):
                self._offset += len(file.readline())
        self.acknowledged = min(line, self.last)
        fresh = self._ack_path.with_suffix(".new")
        with fresh.open("w") as file_:
            file_.write(json.dumps({"line": self.acknowledged, "offset": self._offset}))
            file_.flush()
            os.fsync(file_.fileno())
        fresh.replace(self._ack_path)

    def rewind(self, line: int) -> None:
        """Dispatch lacks everything from `line` on, although it had it once."""
        self.acknowledged, self._offset = 0, 0
        self.acknowledge(line - 1)

    def close(self) -> None:
        self._file.close()

    def delete(self) -> None:
        """Close the spool and take it off the disk."""
        self.close()
        self._path.unlink(missing_ok=True)
        self._ack_path.unlink(missing_ok=True)

    def set_aside(self) -> pathlib.Path:
        """Close the spool and keep it under another name, for a person to look at."""
        self.close()
        return self._path.replace(self._path.with_suffix(_UNREADABLE))

    def _read_acknowledged(self) -> tuple[int, int]:
        try:
            kept = json.loads(self._ack_path.read_text())
            return int(kept["line"]), int(kept["offset"])
        except FileNotFoundError:
            return 0, 0
        except (ValueError, KeyError, TypeError):
            # Dispatch knows what it has: sending it again is harmless.
            _log.warning("how much of a spool was delivered cannot be read; sending all of it")
            return 0, 0

    def _count(self) -> int:
        with self._path.open("rb") as file:
            return sum(1 for _ in file)

    def _without_torn_tail(self) -> int:
        # A power cut can leave half a line at the end; its job never got a receipt for it.
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            start = file.seek(max(0, size - _LONGEST_LINE))
            tail = file.read()
        whole = start + tail.rfind(b"\n") + 1
        if whole < size:
            os.truncate(self._path, whole)
        return whole


def left_behind(folder: pathlib.Path) -> Iterator[SpoolFile]:
    """The spools of earlier runs, oldest first."""
    for path in sorted(folder.glob(f"*{_LINES}")):
        yield SpoolFile(folder, path.stem)
